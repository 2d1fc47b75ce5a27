"""Table of the group policies."""

from sqlalchemy import BigInteger, Column, DateTime, Index, MetaData, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata."""
    Table(
        "relapse_policies",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("division_code", Text, nullable=False),
        Column("year", SmallInteger, nullable=False),
        Column("policy_no", Text, nullable=False),
        Column("insurer", Text, nullable=False),
        Column("rural_population", BigInteger, nullable=False),
        Column("insured", BigInteger, nullable=False),
        Column("premium_fen", BigInteger, nullable=False),
        Column("paid_by", Text, nullable=False),
        Column("payer", Text, nullable=False),
        Column("policy_pack", Text, nullable=False),
        Column("policy_version", Text, nullable=False),
        Column("step", JSONB, nullable=False),
        Column("state", Text, nullable=False),
        Column("prepared_by", Text, nullable=False),
        Column("prepared_at", DateTime(timezone=True), nullable=False),
        Column("decided_by", Text),
        Column("decided_at", DateTime(timezone=True)),
        Column("reason", Text),
        Index(
            "uq_relapse_policies_year",
            "division_code",
            "year",
            unique=True,
            postgresql_where="state <> 'rejected'",
        ),
    )
