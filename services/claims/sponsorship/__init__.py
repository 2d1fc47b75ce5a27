"""Premiums that a fund pays for the poor (资助参保, DOMAIN S-22): batches of a county and year."""
