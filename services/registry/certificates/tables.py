"""The table of certificates: bitemporal like the spells of categories and enrolments."""

from sqlalchemy import CheckConstraint, Column, Date, DateTime, ForeignKey, Index, Table, Text, Uuid

from services.registry.metadata import metadata

chronic_certificates = Table(
    "chronic_certificates",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("person_id", Uuid, ForeignKey("people.id"), nullable=False),
    # Follows the person when the household moves, so that row-level security does too.
    Column("division_code", Text, nullable=False),
    # NHSA code of the disease: M and five digits.
    Column("chronic_code", Text, nullable=False),
    # Number of the handbook (慢性病手册) and who recognised the disease.
    Column("handbook_no", Text),
    Column("issued_by", Text),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("superseded_at", DateTime(timezone=True)),
    CheckConstraint("valid_to > valid_from", name="not_empty"),
    # At most one believed row begins on a day; also the way to a person's rows.
    Index(
        "uq_chronic_certificates_believed",
        "person_id",
        "chronic_code",
        "valid_from",
        "superseded_at",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
)
