"""Designated providers (定点医疗机构): code, level, place and what they may treat."""
