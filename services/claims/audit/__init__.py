"""Audit of providers (S-40): rules as data, findings, hearing, and deductions from what providers are due."""
