"""Tables of the accumulators."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, MetaData, SmallInteger, Table, Text, Uuid

_BURDEN: Final = "kind IN ('own_payment', 'household.own_payment')"


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata."""
    Table(
        "accumulators",
        metadata,
        # The holder: a person, or the household for kinds that begin with "household.".
        Column("person_id", Uuid, primary_key=True),
        Column("year", SmallInteger, primary_key=True, autoincrement=False),
        Column("kind", Text, primary_key=True),
        # Where the person lives: follows the person, so that the new county sees what was used.
        Column("division_code", Text, nullable=False),
        Column("used_fen", BigInteger, nullable=False),
        # Without the amount: an index on it would make every update of any accumulator write all indexes.
        Index("ix_accumulators_burden", "year", "kind", "division_code", postgresql_where=_BURDEN),
    )
    Table(
        "accumulator_movements",
        metadata,
        Column("settlement_id", Uuid, primary_key=True),
        Column("kind", Text, primary_key=True),
        # 0 for what the settlement itself moved; a reversal or an adjustment moves by the difference.
        Column("revision", SmallInteger, primary_key=True, autoincrement=False),
        Column("person_id", Uuid, nullable=False),
        Column("year", SmallInteger, nullable=False),
        Column("amount_fen", BigInteger, nullable=False),
        Index("ix_accumulator_movements_burden", "person_id", "year", postgresql_where=_BURDEN),
    )
