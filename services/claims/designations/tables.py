"""Tables of the designations. The present list also stands on the provider's own row (``providers``)."""

from sqlalchemy import BigInteger, Column, Date, DateTime, Index, MetaData, Table, Text

from shared.db import text_columns


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata."""
    # Every list that was ever stated, by version.
    Table(
        "provider_programmes",
        metadata,
        Column("facility_code", Text, primary_key=True),
        Column("version", BigInteger, primary_key=True, autoincrement=False),
        Column("programme", Text, primary_key=True),
        Column("valid_from", Date, primary_key=True),
        Column("valid_to", Date),
        *text_columns("division_code"),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
        *text_columns("recorded_by"),
    )
    # Days on which another list counts than before, until somebody looked at them a second time.
    Table(
        "designation_changes",
        metadata,
        Column("facility_code", Text, primary_key=True),
        Column("version", BigInteger, primary_key=True, autoincrement=False),
        Column("first_day", Date, primary_key=True),
        Column("end_day", Date, nullable=False),
        *text_columns("division_code"),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
        Column("followed_up_at", DateTime(timezone=True)),
        Index(
            "ix_designation_changes_open",
            "recorded_at",
            postgresql_where="followed_up_at IS NULL",
        ),
    )
