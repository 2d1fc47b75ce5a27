"""Tables of the re-adjudications."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
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
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.db import text_columns


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata."""
    _add_proposals(metadata)
    _add_lines(metadata)
    Table(
        "readjudication_due",
        metadata,
        *_person_year(key=True),
        *text_columns("division_code", "reason"),
        Column("since", DateTime(timezone=True), nullable=False),
        Index("ix_readjudication_due_since", "since", "person_id"),
    )


def _add_proposals(metadata: MetaData) -> None:
    Table(
        "readjudications",
        metadata,
        Column("id", Uuid, primary_key=True),
        *_person_year(key=False),
        # proposed · posted · rejected · stale (something changed before the decision) · superseded
        *text_columns("division_code", "state", "reason"),
        Column("automatic", Boolean, nullable=False),
        # A person has to look: the visit would not be covered, or no policy would apply, as things stand.
        Column("flagged", Boolean, nullable=False),
        # Sum of the absolute differences of all payers and the person, and up to what sum none needs to ask.
        Column("difference_fen", BigInteger, nullable=False),
        Column("limit_fen", BigInteger, nullable=False),
        Column("last_posting_no", BigInteger, nullable=False),
        # Of everything that would be posted: what is approved is exactly what was shown.
        Column("digest", LargeBinary, nullable=False),
        Column("proposed_at", DateTime(timezone=True), nullable=False),
        *text_columns("proposed_by"),
        Column("decided_at", DateTime(timezone=True)),
        Column("decided_by", Text),
        Column("decision_reason", Text),
        Index(
            "uq_readjudications_open",
            "person_id",
            "year",
            unique=True,
            postgresql_where="state = 'proposed'",
        ),
        Index("ix_readjudications_state_id", "state", "id"),
    )


def _add_lines(metadata: MetaData) -> None:
    Table(
        "readjudication_lines",
        metadata,
        Column("readjudication_id", Uuid, primary_key=True),
        Column("line_no", SmallInteger, primary_key=True, autoincrement=False),
        Column("settlement_id", Uuid, nullable=False),
        *text_columns("division_code", "facility_code", "visit_no"),
        Column("discharged_on", Date, nullable=False),
        Column("revision", SmallInteger, nullable=False),
        Column("flag", Text),
        Column("categories_before", ARRAY(Text), nullable=False),
        Column("categories_after", ARRAY(Text), nullable=False),
        *text_columns("policy_before", "policy_after"),
        Column("payers", ARRAY(Text), nullable=False),
        Column("before_fen", ARRAY(BigInteger), nullable=False),
        Column("after_fen", ARRAY(BigInteger), nullable=False),
        Column("person_before_fen", BigInteger, nullable=False),
        Column("person_after_fen", BigInteger, nullable=False),
        Column("share_after_bp", Integer, nullable=False),
        # The explanation of what is proposed; null once it is in the revision that was posted automatically.
        Column("steps", JSONB),
    )


def _person_year(*, key: bool) -> list[Column[Any]]:
    return [
        Column("person_id", Uuid, primary_key=key, nullable=False),
        Column("year", SmallInteger, primary_key=key, autoincrement=False, nullable=False),
    ]
