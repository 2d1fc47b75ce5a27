"""Referrals (转诊) as filed: who sends whom where, until when, and whether by the rule (依规转诊)."""
