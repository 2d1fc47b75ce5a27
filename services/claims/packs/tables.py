"""Tables of the policy packs that were published here."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Index,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata."""
    Table(
        "policy_packs",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("pack", Text, nullable=False),
        # What settlements record: the effective date, with .r2 and so on for corrections of it.
        Column("version", Text, nullable=False),
        Column("effective_from", Date, nullable=False),
        Column("revision", SmallInteger, nullable=False),
        Column("jurisdiction", Text, nullable=False),
        Column("title", Text, nullable=False),
        Column("text", Text, nullable=False),
        # SHA-256 of the text, hexadecimal.
        Column("digest", Text, nullable=False),
        # The version that this one replaces (same date) or succeeds, and what differs.
        Column("compared_with", Text),
        Column("compared_digest", Text),
        Column("diff", JSONB, nullable=False),
        # draft · approved · rejected
        Column("state", Text, nullable=False),
        Column("prepared_by", Text, nullable=False),
        Column("prepared_at", DateTime(timezone=True), nullable=False),
        Column("decided_by", Text),
        Column("decided_at", DateTime(timezone=True)),
        Column("reason", Text),
        # In the order of the approvals: processes notice by it that something is new.
        Column("generation", BigInteger),
        Index(
            "ix_policy_packs_open",
            "pack",
            "effective_from",
            unique=True,
            postgresql_where="state = 'draft'",
        ),
        Index(
            "ix_policy_packs_approved",
            "pack",
            "effective_from",
            "revision",
            unique=True,
            postgresql_where="state = 'approved'",
        ),
    )
    _add_names(metadata)


def _add_names(metadata: MetaData) -> None:
    Table(
        "policy_pack_names",
        metadata,
        Column("pack", Text, primary_key=True),
        Column("jurisdiction", Text, nullable=False),
        UniqueConstraint("jurisdiction"),
    )
    # Approvals after which it was checked that nobody stayed with the older version.
    Table(
        "policy_pack_followups",
        metadata,
        Column("pack_id", Uuid, primary_key=True),
        Column("person_years_due", BigInteger, nullable=False),
        Column("done_at", DateTime(timezone=True), nullable=False),
    )
