"""Our copy of the people insured, from the registry's events: who is covered on which day, and as what."""
