"""Certificates of chronic and special diseases for outpatient benefits (门诊慢特病认定, DOMAIN S-43)."""
