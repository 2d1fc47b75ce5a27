"""Where the people of a township are examined."""

from sqlalchemy import BigInteger, Column, DateTime, MetaData, String, Table, Text


def add_tables(metadata: MetaData) -> None:
    """Add the table of check-up places."""
    Table(
        "places",
        metadata,
        Column("programme", Text, primary_key=True),
        Column("division_code", String(9), primary_key=True),  # the township
        Column("facility_code", Text, primary_key=True),
        Column("kind", Text, nullable=False),
        # Of the township's list: equal in all of its rows.
        Column("version", BigInteger, nullable=False),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
        Column("recorded_by", Text, nullable=False),
    )
