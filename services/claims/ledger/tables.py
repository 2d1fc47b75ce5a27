"""Tables of the ledger."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
)


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata."""
    Table(
        "transfers",
        metadata,
        Column("no", BigInteger, Identity(always=True), primary_key=True),
        Column("booked_at", DateTime(timezone=True), nullable=False),
        Column("county_code", Text, nullable=False),
        Column("year", SmallInteger, nullable=False),
        # Empty for transfers that no provider is part of: a hospital does not see those.
        Column("facility_code", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("debit_account", Text, nullable=False),
        Column("credit_account", Text, nullable=False),
        Column("amount_fen", BigInteger, nullable=False),
        Column("settlement_id", Uuid),
        # What the transfer comes from other than the settling of a bill: "financing_plan/<id>/<version>",
        # "reversal/<settlement>", "readjudication/<run>".
        Column("reference", Text),
        Column("reverses", BigInteger),
        # Nothing is reversed twice.
        Index("uq_transfers_reverses", "reverses", unique=True, postgresql_where="reverses IS NOT NULL"),
        Index("ix_transfers_settlement_id", "settlement_id", postgresql_where="settlement_id IS NOT NULL"),
        Index("ix_transfers_reference", "reference", postgresql_where="reference IS NOT NULL"),
        Index("ix_transfers_financing", "county_code", "year", postgresql_where="settlement_id IS NULL"),
        # A claim is paid once, whatever else goes wrong.
        Index(
            "uq_transfers_relapse_payout",
            "reference",
            unique=True,
            postgresql_where="kind = 'relapse_payout'",
        ),
        # The same of one-off aid per person, of a policy's premium, of a batch of sponsored premiums.
        Index(
            "uq_transfers_entitlement",
            "reference",
            unique=True,
            postgresql_where="kind IN ('one_off_aid', 'relapse_premium', 'sponsored_premium')",
        ),
        Index("ix_transfers_without_provider", "county_code", "year", postgresql_where="facility_code = ''"),
    )
    Table(
        "financing_plans",
        metadata,
        Column("plan_id", Uuid, primary_key=True),
        Column("county_code", Text, nullable=False),
        Column("year", SmallInteger, nullable=False),
        Column("version", BigInteger, nullable=False),
    )
