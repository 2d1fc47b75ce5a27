"""Tables of the audit."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.db import text_columns


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata."""
    Table(
        "audit_runs",
        metadata,
        Column("id", Uuid, primary_key=True),
        *text_columns("county_code"),
        Column("month", Date, nullable=False),
        _instant("run_at"),
        *text_columns("run_by"),
        *(Column(name, Integer, nullable=False) for name in ("settlements", "found", "added")),
        # {rule: number found}
        Column("by_rule", JSONB, nullable=False),
        Index("ix_audit_runs_county_code_id", "county_code", "id"),
    )
    _add_findings(metadata)
    Table(
        "audit_finding_steps",
        metadata,
        Column("finding_id", Uuid, primary_key=True),
        Column("no", SmallInteger, primary_key=True, autoincrement=False),
        *text_columns("county_code", "facility_code", "action", "state"),
        _instant("at"),
        *text_columns("by"),
        Column("details", JSONB, nullable=False),
    )


def _add_findings(metadata: MetaData) -> None:
    Table(
        "audit_findings",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("run_id", Uuid, nullable=False),
        *text_columns("county_code", "facility_code"),
        # First day of the month of discharge.
        Column("month", Date, nullable=False),
        *text_columns("rule"),
        Column("rule_valid_from", Date, nullable=False),
        *text_columns("kind", "title", "source", "clause"),
        Column("verified", Boolean, nullable=False),
        # Null when the finding is about the provider's whole month.
        Column("settlement_id", Uuid),
        Column("line_nos", ARRAY(SmallInteger), nullable=False),
        # Says what was found, the same in every run.
        *text_columns("fingerprint"),
        Column("at_stake_fen", BigInteger, nullable=False),
        *text_columns("text"),
        Column("arithmetic", JSONB, nullable=False),
        _instant("found_at"),
        # found · notified · stated · dismissed · deducted · given_back, void (its settlement was reversed)
        *text_columns("state"),
        Column("notified_by", Text),
        Column("statement_due", Date),
        Column("hearing_wanted", Boolean),
        Column("heard_on", Date),
        Column("decided_by", Text),
        Column("decided_at", DateTime(timezone=True)),
        Column("deducted_fen", BigInteger),
        # What of it went back because bills were reversed or worked out anew.
        Column("given_back_fen", BigInteger, nullable=False, server_default="0"),
        UniqueConstraint("county_code", "fingerprint"),
        Index(
            "ix_audit_findings_settlement_id", "settlement_id", postgresql_where="settlement_id IS NOT NULL"
        ),
        Index("ix_audit_findings_county_code_id", "county_code", "id"),
        Index("ix_audit_findings_facility_code_month", "facility_code", "month"),
    )


def _instant(name: str) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=False)
