"""Paying providers and people: two people's batches, export to the bank, what it says, payee accounts."""
