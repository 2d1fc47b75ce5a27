"""Tables of the reports: sums of settlements, how far they go, and what rates are shares of."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from shared.db import text_columns


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata."""
    # Written by the worker alone; the view current_report_sums adds what is not in it yet.
    Table(
        "report_sums",
        metadata,
        *_key("county_code"),
        Column("month", Date, primary_key=True),
        # Empty: the bills themselves; else what one payer paid of them.
        *_key("payer", "facility_code", "visit_type"),
        Column("provider_level", SmallInteger, primary_key=True, autoincrement=False),
        *_key("place", "referral"),
        # -1 where no ceiling on the personal share applied.
        Column("ceiling_bp", Integer, primary_key=True, autoincrement=False),
        Column("categories", ARRAY(Text), primary_key=True),
        *_sums("visits", "total_fen", "eligible_fen", "person_pays_fen", "ceiling_base_fen", "above_ceiling"),
        *_sums("drug_fen", "herbal_fen", "paid_fen"),
    )
    Table(
        "report_progress",
        metadata,
        Column("only_row", Boolean, primary_key=True),
        # Rows of older transactions are in the sums, all others are not.
        Column("folded_below", BigInteger, nullable=False),
        Column("system_identifier", BigInteger, nullable=False),
        Column("folded_at", DateTime(timezone=True)),
    )
    _add_bases(metadata)


def _add_bases(metadata: MetaData) -> None:
    # Heads enrolled as the county's financing plan counts them.
    Table(
        "report_head_counts",
        metadata,
        *_key("county_code"),
        Column("year", SmallInteger, primary_key=True, autoincrement=False),
        *_sums("enrolled", "plan_version"),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
    )
    # Every version of a population that an office has stated, with its source.
    Table(
        "report_populations",
        metadata,
        *_key("county_code"),
        Column("year", SmallInteger, primary_key=True, autoincrement=False),
        Column("version", Integer, primary_key=True, autoincrement=False),
        *_sums("population"),
        *text_columns("name", "source"),
        Column("counted_on", Date, nullable=False),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
        *text_columns("recorded_by"),
    )


def _key(*names: str) -> list[Column[Any]]:
    return [Column(name, Text, primary_key=True) for name in names]


def _sums(*names: str) -> list[Column[Any]]:
    return [Column(name, BigInteger, nullable=False) for name in names]
