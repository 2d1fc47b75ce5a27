"""Tables of the open visits. ``visits`` itself, the natural key of what is settled, is the settlements'."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.db import text_columns


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata."""
    _add_admissions(metadata)
    _add_holds(metadata)
    _add_charges(metadata)


def _add_admissions(metadata: MetaData) -> None:
    Table(
        "admissions",
        metadata,
        *_visit_key(),
        *text_columns("division_code"),
        Column("person_id", Uuid, nullable=False),
        # The ID number itself is not kept; whoever settles sends it again.
        Column("id_index", LargeBinary, nullable=False),
        *text_columns("id_number_masked", "visit_type"),
        Column("admitted_on", Date, nullable=False),
        # [[code, main], …]
        Column("diagnoses", JSONB, nullable=False),
        Column("referral_no", Text),
        Column("chronic_code", Text),
        Column("estimated_total_fen", BigInteger),
        Column("content_digest", LargeBinary, nullable=False),
        # What was answered on admission.
        Column("entitlements", JSONB, nullable=False),
        # open · settled · cancelled
        *text_columns("state"),
        Column("opened_at", DateTime(timezone=True), nullable=False),
        *text_columns("opened_by"),
        Column("closed_at", DateTime(timezone=True)),
        Column("settlement_id", Uuid),
        Index(
            "ix_admissions_open",
            "facility_code",
            "admitted_on",
            "visit_no",
            postgresql_where="state = 'open'",
        ),
    )


def _add_holds(metadata: MetaData) -> None:
    # What an open visit will probably cost each payer. Gone when the visit is settled or cancelled.
    Table(
        "holds",
        metadata,
        *_visit_key(),
        Column("payer", Text, primary_key=True),
        *text_columns("county_code"),
        Column("year", SmallInteger, nullable=False),
        *text_columns("division_code"),
        Column("amount_fen", BigInteger, nullable=False),
        Column("held_at", DateTime(timezone=True), nullable=False),
        Index("ix_holds_county_code_year_payer", "county_code", "year", "payer"),
    )


def _add_charges(metadata: MetaData) -> None:
    Table(
        "charge_parts",
        metadata,
        *_visit_key(),
        Column("part_no", SmallInteger, primary_key=True, autoincrement=False),
        *text_columns("division_code"),
        Column("content_digest", LargeBinary, nullable=False),
        Column("lines", SmallInteger, nullable=False),
        Column("amount_fen", BigInteger, nullable=False),
        Column("uploaded_at", DateTime(timezone=True), nullable=False),
        *text_columns("uploaded_by"),
    )
    Table(
        "uploaded_charges",
        metadata,
        *_visit_key(),
        Column("line_id", Text, primary_key=True),
        Column("part_no", SmallInteger, nullable=False),
        Column("line_no", SmallInteger, nullable=False),
        *text_columns("division_code", "item_code", "name", "category", "item_class"),
        Column("self_pay_rate_bp", Integer, nullable=False),
        Column("quantity_milli", BigInteger, nullable=False),
        Column("unit_price_e4", BigInteger, nullable=False),
        Column("amount_fen", BigInteger, nullable=False),
        Column("price_limit_e4", BigInteger),
        # The line that a refund (negative quantity) names.
        Column("refund_of", Text),
    )


def _visit_key() -> list[Column[Any]]:
    return [Column(name, Text, primary_key=True) for name in ("facility_code", "visit_no")]
