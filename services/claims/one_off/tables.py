"""Tables of the one-off aid."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata."""
    _add_batches(metadata)
    _add_lines(metadata)
    # One row per person and rule, of batches that wait or are approved: what aids a person only once.
    Table(
        "one_off_grants",
        metadata,
        Column("person_id", Uuid, primary_key=True),
        Column("policy_pack", Text, primary_key=True),
        Column("rule", Text, primary_key=True),
        Column("division_code", Text, nullable=False),
        Column("year", SmallInteger, nullable=False),
        Column("amount_fen", BigInteger, nullable=False),
        Column("batch_id", Uuid, nullable=False, index=True),
        Column("line_no", Integer, nullable=False),
    )


def _add_batches(metadata: MetaData) -> None:
    Table(
        "one_off_batches",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("division_code", Text, nullable=False),
        # Whose fund pays.
        Column("year", SmallInteger, nullable=False),
        Column("title", Text, nullable=False),
        Column("lines", Integer, nullable=False),
        Column("accepted", Integer, nullable=False),
        Column("total_fen", BigInteger, nullable=False),
        Column("declared_people", Integer),
        Column("declared_fen", BigInteger),
        # Words and arithmetic that the steps of the lines refer to, by id.
        Column("bases", JSONB, nullable=False),
        Column("state", Text, nullable=False),
        Column("prepared_by", Text, nullable=False),
        Column("prepared_at", DateTime(timezone=True), nullable=False),
        Column("decided_by", Text),
        Column("decided_at", DateTime(timezone=True)),
        Column("reason", Text),
    )


def _add_lines(metadata: MetaData) -> None:
    Table(
        "one_off_lines",
        metadata,
        Column("batch_id", Uuid, primary_key=True),
        Column("line_no", Integer, primary_key=True, autoincrement=False),
        Column("division_code", Text, nullable=False),
        Column("person_id", Uuid),
        Column("id_number_masked", Text, nullable=False),
        Column("diagnosed_on", Date, nullable=False),
        Column("diagnoses", ARRAY(Text), nullable=False),
        Column("amount_fen", BigInteger, nullable=False),
        Column("payer", Text),
        Column("policy_pack", Text),
        Column("policy_version", Text),
        Column("rule", Text),
        Column("step", JSONB),
        Column("refusal", Text),
        Column("refusal_params", JSONB, nullable=False),
    )
