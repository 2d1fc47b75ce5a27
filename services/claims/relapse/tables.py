"""Tables of the relapse claims."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata."""
    _add_claims(metadata)
    _add_history(metadata)


def _add_claims(metadata: MetaData) -> None:
    Table(
        "relapse_claims",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("division_code", Text, nullable=False),
        Column("household_id", Uuid, nullable=False),
        # To whom the payout goes by card.
        Column("payee_id", Uuid, nullable=False),
        # Whose own payment counts: the household, or the payee where the pack says so.
        Column("holder_id", Uuid, nullable=False),
        Column("year", SmallInteger, nullable=False),
        Column("household_class", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("recorded_fen", BigInteger, nullable=False),
        Column("already_paid_fen", BigInteger, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("created_by", Text, nullable=False),
        # From the home verification on.
        Column("verified_fen", BigInteger),
        Column("verified_by", Text),
        Column("verified_on", Date),
        Column("payout_fen", BigInteger),
        Column("payer", Text),
        Column("policy_pack", Text),
        Column("policy_version", Text),
        Column("step", JSONB),
        # From the public notice on.
        Column("notice_name", Text),
        Column("posted_on", Date),
        Column("notice_over_on", Date),
        Column("approved_by", Text),
        Column("paid_by", Text),
        Index(
            "uq_relapse_claims_open",
            "holder_id",
            "year",
            unique=True,
            postgresql_where="state NOT IN ('paid', 'rejected')",
        ),
        Index("ix_relapse_claims_holder_id_year", "holder_id", "year"),
    )


def _add_history(metadata: MetaData) -> None:
    Table(
        "relapse_claim_steps",
        metadata,
        Column("claim_id", Uuid, primary_key=True),
        Column("no", SmallInteger, primary_key=True, autoincrement=False),
        Column("division_code", Text, nullable=False),
        Column("action", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("by", Text, nullable=False),
        Column("details", JSONB, nullable=False),
    )
    Table(
        "relapse_objections",
        metadata,
        Column("claim_id", Uuid, primary_key=True),
        Column("no", SmallInteger, primary_key=True, autoincrement=False),
        Column("division_code", Text, nullable=False),
        Column("received_on", Date, nullable=False),
        Column("content", Text, nullable=False),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
        Column("recorded_by", Text, nullable=False),
        Column("upheld", Boolean),
        Column("finding", Text),
        Column("answered_at", DateTime(timezone=True)),
        Column("answered_by", Text),
        # The home was visited again after the objection was upheld.
        Column("verified_again", Boolean, nullable=False),
    )
