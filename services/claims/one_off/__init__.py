"""One-off assistance in fixed tiers by disease, applied for in batches (一次性救助, DOMAIN S-44)."""
