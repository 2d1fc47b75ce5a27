"""Tables of the accumulators."""

from sqlalchemy import BigInteger, Column, MetaData, SmallInteger, Table, Text, Uuid


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata."""
    Table(
        "accumulators",
        metadata,
        Column("person_id", Uuid, primary_key=True),
        Column("year", SmallInteger, primary_key=True, autoincrement=False),
        Column("kind", Text, primary_key=True),
        # Where the person lives: follows the person, so that the new county sees what was used.
        Column("division_code", Text, nullable=False),
        Column("used_fen", BigInteger, nullable=False),
    )
    Table(
        "accumulator_movements",
        metadata,
        Column("settlement_id", Uuid, primary_key=True),
        Column("kind", Text, primary_key=True),
        Column("person_id", Uuid, nullable=False),
        Column("year", SmallInteger, nullable=False),
        Column("amount_fen", BigInteger, nullable=False),
    )
