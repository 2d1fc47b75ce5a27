"""Tables of the periodic subsidies."""

from sqlalchemy import BigInteger, Column, Date, DateTime, Index, MetaData, Table, Text, Uuid

from shared.db import text_columns


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata."""
    Table(
        "subsidy_runs",
        metadata,
        Column("id", Uuid, primary_key=True),
        *text_columns("county_code", "programme", "period", "state"),
        # Standards announced later do not count in this run.
        Column("known_on", Date, nullable=False),
        Column("prepared_at", DateTime(timezone=True), nullable=False),
        *text_columns("prepared_by"),
        Column("decided_at", DateTime(timezone=True)),
        Column("decided_by", Text),
        # A second run would be worked out without knowing what the first is about to pay.
        Index(
            "uq_subsidy_runs_open",
            "county_code",
            "programme",
            unique=True,
            postgresql_where="state = 'prepared'",
        ),
    )
    Table(
        "subsidy_lines",
        metadata,
        Column("run_id", Uuid, primary_key=True),
        Column("person_id", Uuid, primary_key=True),
        Column("month", Date, primary_key=True),
        *text_columns("county_code", "programme", "category"),
        Column("due_fen", BigInteger, nullable=False),
        Column("paid_fen", BigInteger, nullable=False),
        Index("ix_subsidy_lines_programme_month", "programme", "month", "person_id"),
    )
    transfers = metadata.tables["transfers"].c
    Index(
        "uq_transfers_subsidy",
        transfers.reference,
        transfers.year,
        unique=True,
        postgresql_where="kind = 'subsidy'",
    )
