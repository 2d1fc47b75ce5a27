"""Reconciliation with hospitals (对账): their totals and lists against ours, and what to do then."""
