"""Our copy of the people whom the registry announces."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB


def add_tables(metadata: MetaData) -> None:
    """Add the table of participants."""
    Table(
        "participants",
        metadata,
        Column("person_id", Uuid, primary_key=True),
        Column("household_id", Uuid, nullable=False),
        Column("division_code", String(12), nullable=False),
        Column("id_index", LargeBinary, nullable=False),
        Column("birth_date", Date, nullable=False),
        Column("sex", Text, nullable=False),
        Column("alive", Boolean, nullable=False),
        # [{"scheme": "resident", "year": 2026}, …]; withdrawn enrolments are left out
        Column("enrolments", JSONB, nullable=False),
        Column("version", BigInteger, nullable=False),
        Index("ix_participants_id_index", "id_index"),
        Index("ix_participants_division_code", "division_code", "person_id"),
    )
