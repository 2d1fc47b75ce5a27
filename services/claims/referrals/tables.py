"""Tables of the referrals."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
)


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata."""
    Table(
        "referrals",
        metadata,
        Column("referral_no", Text, primary_key=True),
        # Where the patient lives.
        Column("division_code", Text, nullable=False),
        Column("person_id", Uuid, nullable=False),
        Column("id_number_masked", Text, nullable=False),
        Column("from_facility_code", Text, nullable=False),
        # Where to: a provider, or any of a level, of a place seen from the patient's county, or both.
        Column("to_facility_code", Text),
        Column("to_level", SmallInteger),
        Column("to_place", Text),
        Column("diagnosis", Text, nullable=False),
        Column("filed_on", Date, nullable=False),
        # Last day on which an admission counts.
        Column("valid_until", Date, nullable=False),
        # By the rule of the day of filing, which is cited.
        Column("compliant", Boolean, nullable=False),
        Column("rule", Text, nullable=False),
        Column("content_digest", LargeBinary, nullable=False),
        Column("filed_at", DateTime(timezone=True), nullable=False),
        Column("filed_by", Text, nullable=False),
        Column("withdrawn_at", DateTime(timezone=True)),
        Column("withdrawn_by", Text),
        Index("ix_referrals_person_id", "person_id"),
    )
