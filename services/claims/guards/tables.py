"""Tables of the guards."""

from sqlalchemy import BigInteger, Column, Date, Index, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import INT4RANGE, ExcludeConstraint


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata."""
    # The half days for which a settled stay occupies its patient; no two of one person may overlap.
    Table(
        "stays",
        metadata,
        Column("settlement_id", Uuid, primary_key=True),
        Column("person_id", Uuid, nullable=False),
        Column("facility_code", Text, nullable=False),
        Column("division_code", Text, nullable=False),
        Column("half_days", INT4RANGE, nullable=False),
        ExcludeConstraint(
            ("person_id", "="), ("half_days", "&&"), name="ex_stays_person_id_half_days", using="gist"
        ),
    )
    Table(
        "settlement_invoices",
        metadata,
        Column("facility_code", Text, primary_key=True),
        Column("invoice_no", Text, primary_key=True),
        Column("settlement_id", Uuid, nullable=False),
        Column("division_code", Text, nullable=False),
        Index("ix_settlement_invoices_settlement_id", "settlement_id"),
    )
    # How much of a limited item a person was billed for on a day, over all settlements of one day.
    Table(
        "item_days",
        metadata,
        Column("person_id", Uuid, primary_key=True),
        Column("item_code", Text, primary_key=True),
        Column("day", Date, primary_key=True),
        # Part of the key: a person who moves begins anew, instead of being out of the new county's sight.
        Column("division_code", Text, primary_key=True),
        Column("quantity_milli", BigInteger, nullable=False),
        Column("limit_milli", BigInteger, nullable=False),
    )
    Table(
        "item_uses",
        metadata,
        Column("settlement_id", Uuid, primary_key=True),
        Column("item_code", Text, primary_key=True),
        Column("person_id", Uuid, nullable=False),
        Column("day", Date, nullable=False),
        Column("division_code", Text, nullable=False),
        Column("quantity_milli", BigInteger, nullable=False),
    )
