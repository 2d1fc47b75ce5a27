"""Financing plans: one per county and year, every version kept."""

from sqlalchemy import BigInteger, Column, DateTime, Index, Integer, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.registry.metadata import metadata

financing_plans = Table(
    "financing_plans",
    metadata,
    Column("plan_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("county_code", Text, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("terms", JSONB, nullable=False),
    Column("enrolled", Integer, nullable=False),
    Column("due", JSONB, nullable=False),
    Column("total_fen", BigInteger, nullable=False),
    Column("reserve_fen", BigInteger, nullable=False),
    Column("outpatient_account_fen", BigInteger, nullable=False),
    Column("pooled_fen", BigInteger, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("superseded_at", DateTime(timezone=True)),
    Index(
        "uq_financing_plans_current",
        "county_code",
        "year",
        unique=True,
        postgresql_where="superseded_at IS NULL",
    ),
)
