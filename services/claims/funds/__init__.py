"""Funds of a county: money received, position, risk reserve, risk-fund advances, lineage of every fen."""
