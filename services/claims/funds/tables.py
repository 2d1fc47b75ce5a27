"""Tables of keeping funds: operations by two people, and the lineage of what funds pay."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.db import text_columns


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata."""
    _add_operations(metadata)
    _add_lineage(metadata)
    _add_standings(metadata)


def _add_operations(metadata: MetaData) -> None:
    Table(
        "fund_operations",
        metadata,
        Column("id", Uuid, primary_key=True),
        # receipt · reserve_use · advance · clawback · reversal
        *text_columns("kind", "county_code"),
        Column("year", SmallInteger, nullable=False),
        *text_columns("payer"),
        Column("source", Text),
        Column("amount_fen", BigInteger, nullable=False),
        Column("on_day", Date, nullable=False),
        Column("bank_reference", Text),
        *text_columns("document"),
        Column("note", Text),
        # prepared · approved · rejected · reversed
        *text_columns("state"),
        Column("warnings", ARRAY(Text), nullable=False),
        Column("accepted", ARRAY(Text), nullable=False),
        # Of an advance: [[day, fen], …]
        Column("schedule", JSONB),
        Column("reverses", Uuid),
        Column("prepared_at", DateTime(timezone=True), nullable=False),
        *text_columns("prepared_by"),
        Column("decided_at", DateTime(timezone=True)),
        Column("decided_by", Text),
        Column("decision_note", Text),
        Index(
            "uq_fund_operations_bank_reference",
            "county_code",
            "bank_reference",
            unique=True,
            postgresql_where="bank_reference IS NOT NULL AND state IN ('prepared', 'approved')",
        ),
        Index(
            "uq_fund_operations_reverses",
            "reverses",
            unique=True,
            postgresql_where="reverses IS NOT NULL AND state IN ('prepared', 'approved')",
        ),
        Index("ix_fund_operations_county_code_year_id", "county_code", "year", "id"),
    )


def _fund_columns(*, primary_key: bool = False) -> list[Column[Any]]:
    return [
        Column("county_code", Text, nullable=False, primary_key=primary_key),
        Column("year", SmallInteger, nullable=False, primary_key=primary_key, autoincrement=False),
        Column("payer", Text, nullable=False, primary_key=primary_key),
    ]


def _add_lineage(metadata: MetaData) -> None:
    # In which order transfers were taken: the lineage follows from this order alone.
    Table(
        "earmark_steps",
        metadata,
        Column("position", BigInteger, primary_key=True, autoincrement=False),
        *_fund_columns(),
        Column("transfer_no", BigInteger, nullable=False),
        # deposit · use · return · reversal · none (dues, which are no money)
        *text_columns("kind"),
        Column("amount_fen", BigInteger, nullable=False),
        Column("use_no", BigInteger, nullable=False),
        Column("reverses", BigInteger),
        *text_columns("earmark"),
        UniqueConstraint("transfer_no", "payer", "county_code", "year"),
        Index("ix_earmark_steps_county_code_year_payer", "county_code", "year", "payer", "position"),
    )
    Table(
        "earmark_allocations",
        metadata,
        Column("no", BigInteger, Identity(always=True), primary_key=True),
        # The step that led to it: the transfer itself, or the deposit that made it good later.
        Column("position", BigInteger, nullable=False),
        *_fund_columns(),
        Column("use_no", BigInteger, nullable=False),
        Column("transfer_no", BigInteger, nullable=False),
        # Empty: unfunded, no deposit has covered it yet.
        Column("deposit_no", BigInteger),
        Column("amount_fen", BigInteger, nullable=False),
        Index("ix_earmark_allocations_use_no", "use_no"),
        Index("ix_earmark_allocations_deposit_no", "deposit_no", postgresql_where="deposit_no IS NOT NULL"),
        Index(
            "ix_earmark_allocations_unfunded",
            "county_code",
            "year",
            "payer",
            "use_no",
            postgresql_where="deposit_no IS NULL",
        ),
    )


def _add_standings(metadata: MetaData) -> None:
    # Sums of the above, kept so that nobody adds up a year for every transfer; verify-ledger compares.
    Table(
        "earmark_funds",
        metadata,
        *_fund_columns(primary_key=True),
        # fifo · ratio, as the county's rules said when the fund began
        *text_columns("rule"),
        Column("unfunded_fen", BigInteger, nullable=False),
    )
    Table(
        "earmark_deposits",
        metadata,
        Column("deposit_no", BigInteger, primary_key=True, autoincrement=False),
        *_fund_columns(),
        Column("position", BigInteger, nullable=False),
        *text_columns("earmark"),
        Column("amount_fen", BigInteger, nullable=False),
        Column("used_fen", BigInteger, nullable=False),
        Column("withdrawn", Boolean, nullable=False),
        Index("ix_earmark_deposits_county_code_year_payer", "county_code", "year", "payer", "position"),
    )
    # How far transfers have been looked at: up to ``upto_no`` nothing can appear any more once every
    # transaction older than ``next_xid`` has ended. The next search begins behind ``behind_no``.
    Table(
        "earmark_runs",
        metadata,
        Column("no", BigInteger, Identity(always=True), primary_key=True),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("upto_no", BigInteger, nullable=False),
        Column("behind_no", BigInteger, nullable=False),
        Column("next_xid", BigInteger, nullable=False),
    )
