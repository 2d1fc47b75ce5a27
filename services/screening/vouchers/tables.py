"""Vouchers: printed by range, held by range, handed over by range; one row each only with a person."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint


def add_tables(metadata: MetaData) -> None:
    """Add batches, holdings, the hand-over archive and the vouchers that reached a person."""
    _add_batches(metadata)
    _add_holdings(metadata)
    _add_handovers(metadata)
    _add_vouchers(metadata)


def _serials_apart(table: str) -> ExcludeConstraint:
    apart = text("int8range(first_serial, last_serial, '[]')")
    return ExcludeConstraint((apart, "&&"), name=f"ex_{table}_serials", using="gist")


def _add_batches(metadata: MetaData) -> None:
    Table(
        "voucher_batches",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("programme", Text, nullable=False),
        Column("division_code", String(6), nullable=False),
        Column("year", SmallInteger, nullable=False),
        Column("first_serial", BigInteger, nullable=False),
        Column("last_serial", BigInteger, nullable=False),
        Column("face_fen", Integer, nullable=False),
        Column("printed_on", Date, nullable=False),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
        Column("recorded_by", Text, nullable=False),
        _serials_apart("voucher_batches"),
        Index("ix_voucher_batches_programme", "programme", "division_code", "year"),
    )


def _add_holdings(metadata: MetaData) -> None:
    Table(
        "holdings",
        metadata,
        Column("programme", Text, nullable=False),
        Column("division_code", String(12), nullable=False),  # the holder
        Column("batch_id", Uuid, ForeignKey("voucher_batches.id"), nullable=False),
        Column("year", SmallInteger, nullable=False),
        Column("first_serial", BigInteger, primary_key=True, autoincrement=False),
        Column("last_serial", BigInteger, nullable=False),
        _serials_apart("holdings"),
        Index("ix_holdings_holder", "programme", "division_code", "first_serial"),
    )


def _add_handovers(metadata: MetaData) -> None:
    Table(
        "handovers",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("programme", Text, nullable=False),
        Column("division_code", String(12), nullable=False),  # the lower of the two holders
        Column("from_holder", String(12), nullable=False),
        Column("to_holder", String(12), nullable=False),
        Column("year", SmallInteger, nullable=False),
        Column("first_serial", BigInteger, nullable=False),
        Column("last_serial", BigInteger, nullable=False),
        Column("receipt_no", Text, nullable=False),
        Column("signed_by", Text, nullable=False),
        Column("handed_over_on", Date, nullable=False),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
        Column("recorded_by", Text, nullable=False),
        UniqueConstraint("programme", "from_holder", "receipt_no"),
        Index("ix_handovers_from_holder", "programme", "from_holder", "id"),
        Index("ix_handovers_to_holder", "programme", "to_holder", "id"),
    )


def _add_vouchers(metadata: MetaData) -> None:
    Table(
        "vouchers",
        metadata,
        Column("serial", BigInteger, primary_key=True, autoincrement=False),
        Column("programme", Text, nullable=False),
        Column("batch_id", Uuid, ForeignKey("voucher_batches.id"), nullable=False),
        Column("year", SmallInteger, nullable=False),
        Column("person_id", Uuid, nullable=False),
        Column("division_code", String(12), nullable=False),  # the village that handed it out
        Column("issued_on", Date, nullable=False),
        Column("receipt_no", Text, nullable=False),
        Column("programme_version", Date, nullable=False),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
        Column("recorded_by", Text, nullable=False),
        Column("redemption_id", Uuid, ForeignKey("redemptions.id")),
        UniqueConstraint("programme", "person_id", "year"),
        Index("ix_vouchers_division_code", "programme", "division_code", "serial"),
        Index("ix_vouchers_redemption_id", "redemption_id"),
    )
