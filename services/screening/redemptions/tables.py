"""Check-ups that were paid for with vouchers. Rows are never changed."""

from sqlalchemy import Column, Date, DateTime, Index, Integer, MetaData, String, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY


def add_tables(metadata: MetaData) -> None:
    """Add the table of redemptions."""
    Table(
        "redemptions",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("programme", Text, nullable=False),
        Column("programme_version", Date, nullable=False),
        Column("person_id", Uuid, nullable=False),
        Column("division_code", String(12), nullable=False),  # where the person is registered
        Column("facility_code", Text, nullable=False),
        Column("place_kind", Text, nullable=False),
        Column("examined_on", Date, nullable=False),
        Column("redeemed_on", Date, nullable=False),
        Column("items", ARRAY(Text), nullable=False),
        Column("amount_fen", Integer, nullable=False),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
        Column("recorded_by", Text, nullable=False),
        Index("ix_redemptions_programme", "programme", "id"),
        Index("ix_redemptions_facility_code", "programme", "facility_code", "id"),
    )
