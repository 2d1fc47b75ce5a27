"""Tables of the insured people."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata."""
    Table(
        "insured_persons",
        metadata,
        Column("person_id", Uuid, primary_key=True),
        Column("household_id", Uuid, nullable=False),
        # HMAC of the ID number; not unique, because a correction of two numbers arrives as two events.
        Column("id_index", LargeBinary, nullable=False),
        Column("division_code", Text, nullable=False),
        Column("birth_date", Date, nullable=False),
        Column("sex", Text, nullable=False),
        Column("alive", Boolean, nullable=False),
        # [[name, valid_from, valid_to | null], …], dates as text, valid_to exclusive
        Column("categories", JSONB, nullable=False),
        Column("enrolments", JSONB, nullable=False),
        Column("version", BigInteger, nullable=False),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
        # Chronic diseases in the same form, by NHSA code
        Column("certificates", JSONB, nullable=False),
        Index("ix_insured_persons_id_index", "id_index"),
        Index("ix_insured_persons_household_id", "household_id"),
    )
