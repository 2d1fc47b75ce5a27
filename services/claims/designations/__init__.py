"""Providers designated for disease programmes (大病专项救治定点医院, DOMAIN S-42)."""
