"""Tables of the providers."""

from sqlalchemy import BigInteger, Column, Date, DateTime, MetaData, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata."""
    Table(
        "providers",
        metadata,
        Column("facility_code", Text, primary_key=True),
        Column("name", Text, nullable=False),
        # 0 village clinic, 1 township, 2 county, 3 city or province
        Column("level", SmallInteger, nullable=False),
        Column("division_code", Text, nullable=False),
        Column("visit_types", ARRAY(Text), nullable=False),
        Column("version", BigInteger, nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False),
        # Designated from the first day to the day before the last; null is open.
        Column("valid_from", Date),
        Column("valid_to", Date),
        # For which disease programmes it is designated, as stated last: [[id, valid_from, valid_to], …]; also
        # here and not in provider_programmes alone, so that settling looks nothing up.
        Column("programmes", JSONB, nullable=False),
        Column("programmes_version", BigInteger, nullable=False),
    )
