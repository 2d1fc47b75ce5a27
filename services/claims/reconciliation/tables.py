"""Tables of the reconciliations."""

from sqlalchemy import Column, Date, DateTime, Index, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.db import text_columns


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata."""
    Table(
        "reconciliations",
        metadata,
        Column("id", Uuid, primary_key=True),
        *text_columns("facility_code", "division_code"),
        Column("first_day", Date, nullable=False),
        Column("last_day", Date, nullable=False),
        # What was selected; null does not restrict.
        Column("county_code", Text),
        Column("visit_types", ARRAY(Text)),
        Column("scheme", Text),
        # settlements, refunds, lines, refund_lines: what the hospital gave to be compared.
        Column("compared", ARRAY(Text), nullable=False),
        # equal · open · repaired (by a later run of the same period that is equal)
        *text_columns("state"),
        Column("differences", Integer, nullable=False),
        Column("run_at", DateTime(timezone=True), nullable=False),
        *text_columns("run_by"),
        # The message of the national interface that asked, if one did.
        Column("msgid", Text),
        Column("repaired_by", Uuid),
        Column("repaired_at", DateTime(timezone=True)),
        # Their totals, ours, the differences found.
        Column("result", JSONB, nullable=False),
        Index("ix_reconciliations_facility_code_first_day", "facility_code", "first_day"),
        Index("uq_reconciliations_msgid", "msgid", unique=True, postgresql_where="msgid IS NOT NULL"),
    )
