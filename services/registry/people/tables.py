"""People. Number, name and phone are stored encrypted; the number can be found by its blind index."""

from sqlalchemy import (
    Column,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from services.registry.metadata import metadata

people = Table(
    "people",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("household_id", Uuid, ForeignKey("households.id"), nullable=False),
    Column("county_code", Text, Computed('"left"(division_code, 6)', persisted=True)),
    Column("division_code", Text, nullable=False),
    Column("person_no", Text, nullable=False),
    Column("id_index", LargeBinary, nullable=False),
    Column("id_sealed", LargeBinary, nullable=False),
    Column("name_sealed", LargeBinary, nullable=False),
    Column("phone_sealed", LargeBinary),
    Column("disability_kind", Text),
    Column("disability_grade", Text),
    Column("sex", Text, nullable=False),
    Column("birth_date", Date, nullable=False),
    Column("relation", Text, nullable=False),
    Column("relation_source", Text, nullable=False),
    Column("ethnicity", Text),
    Column("ethnicity_source", Text),
    Column("ethnicity_system", Text),
    Column("health", Text),
    Column("status", Text, nullable=False),
    # The year and the day of the newest file that changed the person.
    Column("stated_year", SmallInteger, nullable=False),
    Column("stated_on", Date, nullable=False),
    Column("content_hash", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("county_code", "person_no"),
    # Checked after each statement, so that one update may exchange the numbers of two people. The index
    # comes first, because people are looked up by it in every county at once.
    UniqueConstraint("id_index", "county_code", deferrable=True),
    Index("ix_people_household_id", "household_id"),
)
