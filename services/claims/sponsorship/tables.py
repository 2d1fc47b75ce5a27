"""Tables of the sponsored premiums."""

from sqlalchemy import BigInteger, Column, Date, DateTime, Integer, MetaData, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata."""
    _add_batches(metadata)
    Table(
        "sponsorship_lines",
        metadata,
        Column("batch_id", Uuid, primary_key=True),
        Column("person_id", Uuid, primary_key=True),
        Column("division_code", Text, nullable=False),
        Column("categories", ARRAY(Text), nullable=False),
        Column("rule", Text, nullable=False),
        Column("sponsored_fen", BigInteger, nullable=False),
        Column("person_fen", BigInteger, nullable=False),
        Column("step", JSONB, nullable=False),
    )
    # Of batches that wait or are approved: a premium is sponsored once a year.
    Table(
        "sponsored_people",
        metadata,
        Column("person_id", Uuid, primary_key=True),
        Column("year", SmallInteger, primary_key=True, autoincrement=False),
        Column("division_code", Text, nullable=False),
        Column("batch_id", Uuid, nullable=False, index=True),
    )


def _add_batches(metadata: MetaData) -> None:
    Table(
        "sponsorship_batches",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("division_code", Text, nullable=False),
        Column("year", SmallInteger, nullable=False),
        Column("on_day", Date, nullable=False),
        Column("premium_fen", BigInteger, nullable=False),
        Column("people", Integer, nullable=False),
        Column("sponsored_fen", BigInteger, nullable=False),
        Column("person_fen", BigInteger, nullable=False),
        Column("payer", Text, nullable=False),
        Column("policy_pack", Text, nullable=False),
        Column("policy_version", Text, nullable=False),
        Column("totals", JSONB, nullable=False),
        # Words and arithmetic that the steps of the lines refer to, by id.
        Column("bases", JSONB, nullable=False),
        Column("state", Text, nullable=False),
        Column("prepared_by", Text, nullable=False),
        Column("prepared_at", DateTime(timezone=True), nullable=False),
        Column("decided_by", Text),
        Column("decided_at", DateTime(timezone=True)),
        Column("reason", Text),
    )
