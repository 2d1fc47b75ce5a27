"""The bitemporal tables."""

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    SmallInteger,
    Table,
    Text,
    Uuid,
)

from services.registry.metadata import metadata


def _spell_table(name: str, key: list[str], *columns: Column[Any], open_ended: bool = True) -> Table:
    return Table(
        name,
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("person_id", Uuid, ForeignKey("people.id"), nullable=False),
        # Follows the person when the household moves, so that row-level security does too.
        Column("division_code", Text, nullable=False),
        *columns,
        Column("valid_from", Date, nullable=False),
        Column("valid_to", Date, nullable=open_ended),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
        Column("superseded_at", DateTime(timezone=True)),
        CheckConstraint("valid_to > valid_from", name="not_empty"),
        # At most one believed row begins on a day; also the way to a person's rows.
        Index(
            f"uq_{name}_believed",
            "person_id",
            *key,
            "valid_from",
            "superseded_at",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )


memberships = _spell_table(
    "memberships", [], Column("household_id", Uuid, ForeignKey("households.id"), nullable=False)
)
Index("ix_memberships_household_id", memberships.c.household_id)

category_spells = _spell_table("category_spells", ["category"], Column("category", Text, nullable=False))

enrolments = _spell_table(
    "enrolments",
    ["scheme", "year"],
    Column("scheme", Text, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("joined_on", Date),
    # Years without cover before it that were paid for afterwards (补缴).
    Column("bought_back_years", SmallInteger, nullable=False, server_default="0"),
    open_ended=False,
)
