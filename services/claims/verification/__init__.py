"""Checks of the whole database: whatever was settled must add up, everywhere."""
