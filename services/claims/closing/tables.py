"""Tables of the day close. All are append-only."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    FetchedValue,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.db import text_columns

_THREE_SIDES = ("charged_fen", "booked_fen", "stated_fen")


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata."""
    Table(
        "day_closes",
        metadata,
        Column("id", Uuid, primary_key=True),
        *text_columns("county_code"),
        Column("no", Integer, nullable=False),
        Column("business_date", Date, nullable=False),
        Column("closed_at", DateTime(timezone=True), nullable=False),
        *text_columns("closed_by"),
        Column("transfers", Integer, nullable=False),
        # First and last transfer; null when nothing was booked since the last close.
        Column("first_no", BigInteger),
        Column("last_no", BigInteger),
        *_fen("amount_fen"),
        *_counts("settlements", "reversals"),
        *_fen(*_THREE_SIDES),
        *(Column(name, LargeBinary, nullable=False) for name in ("previous_hash", "last_link", "hash")),
        # The database's clock, for the search of the next close; no part of the record.
        Column("swept_at", DateTime(timezone=True), nullable=False, server_default=FetchedValue()),
        UniqueConstraint("county_code", "no"),
    )
    Table(
        "closed_transfers",
        metadata,
        Column("transfer_no", BigInteger, primary_key=True, autoincrement=False),
        Column("close_id", Uuid, nullable=False),
        *text_columns("county_code"),
        Column("link", LargeBinary, nullable=False),
        Index("ix_closed_transfers_close_id_transfer_no", "close_id", "transfer_no"),
    )
    Table(
        "provider_statements",
        metadata,
        Column("close_id", Uuid, primary_key=True),
        Column("facility_code", Text, primary_key=True),
        *text_columns("county_code"),
        *_counts("close_no", "settlements", "reversals"),
        *_fen(*_THREE_SIDES, "due_before_fen", "due_after_fen"),
        # [[kind, number, fen], …]: by what the close changed what the county's funds owe the provider.
        Column("movements", JSONB, nullable=False),
        Index(
            "uq_provider_statements_county_code_facility_code_close_no",
            "county_code",
            "facility_code",
            "close_no",
            unique=True,
        ),
    )


def _counts(*names: str) -> list[Column[Any]]:
    return [Column(name, Integer, nullable=False) for name in names]


def _fen(*names: str) -> list[Column[Any]]:
    return [Column(name, BigInteger, nullable=False) for name in names]
