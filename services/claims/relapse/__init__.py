"""Claims against the insurance against relapse into poverty (防贫保, DOMAIN S-46, S-47)."""
