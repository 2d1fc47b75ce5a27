"""Households. Which people belong to them, and when, is in ``spells``."""

from sqlalchemy import Column, Computed, DateTime, Integer, Table, Text, UniqueConstraint, Uuid

from services.registry.metadata import metadata

households = Table(
    "households",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("county_code", Text, Computed('"left"(division_code, 6)', persisted=True)),
    Column("household_no", Text, nullable=False),
    Column("division_code", Text, nullable=False),
    Column("household_class", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("county_code", "household_no"),
)
