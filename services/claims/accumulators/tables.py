"""Tables of the accumulators."""

from typing import Final

from sqlalchemy import JSON, BigInteger, Column, Computed, Index, MetaData, SmallInteger, Table, Text, Uuid

_OWN_PAYMENT: Final = """
CASE holder
  WHEN 'person' THEN used ->> 'own_payment'
  WHEN 'household' THEN used ->> 'household.own_payment'
END::bigint
"""


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata.

    The view ``accumulators`` shows what ``accumulator_years`` holds, one line for each kind;
    ``accumulator_movements`` shows whatever moved it.
    """
    Table(
        "accumulator_years",
        metadata,
        Column("holder_id", Uuid, primary_key=True),
        Column("year", SmallInteger, primary_key=True, autoincrement=False),
        # person, household or county.
        Column("holder", Text, nullable=False),
        # Where the person lives: follows the person, so that the new county sees what was used.
        Column("division_code", Text, nullable=False),
        # Fen by kind.
        Column("used", JSON, nullable=False),
        Column("own_payment_fen", BigInteger, Computed(_OWN_PAYMENT, persisted=True)),
        # Without the amount: an index on it would make every update of any accumulator write all indexes.
        Index("ix_accumulator_years_burden", "year", "division_code", postgresql_where="holder <> 'county'"),
    )
    Table(
        "accumulator_movement_rows",
        metadata,
        Column("settlement_id", Uuid, primary_key=True),
        Column("kind", Text, primary_key=True),
        # A reversal or an adjustment moves by the difference. What a settlement itself moves stands in its
        # own row; it is here, as revision 0, only where a process of the version before stored it.
        Column("revision", SmallInteger, primary_key=True, autoincrement=False),
        Column("person_id", Uuid, nullable=False),
        Column("year", SmallInteger, nullable=False),
        Column("amount_fen", BigInteger, nullable=False),
    )
