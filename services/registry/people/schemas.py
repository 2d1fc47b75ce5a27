"""Requests and replies about people."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from services.registry.people.service import PersonView
from shared.fields import Body, IdNumberText, Reply


class LookUp(Body):
    """The number to look for."""

    id_number: IdNumberText


class Ethnicity(Reply):
    """The GB/T 3304 code, and what the source wrote in which system of codes (or as a name)."""

    code: str | None
    source: str
    system: str


class Disability(Reply):
    """Kind (1-7) and grade (1-4) as in the number of the disability card; the kind is restricted data."""

    kind: str | None = Field(description="残疾类别；没有权限范围 restricted:read 时为 null")
    grade: str


class PersonReply(Reply):
    """A person; number, name and phone are masked unless the token has ``registry:pii``."""

    person_id: UUID
    household_id: UUID
    household_no: str
    person_no: str
    division_code: str
    name: str = Field(examples=["张**"])
    id_number: str = Field(examples=["990***********1234"])
    phone: str | None
    sex: str = Field(description="GB/T 2261.1：1 男，2 女")
    birth_date: date
    relation: str = Field(description="与户主关系，GB/T 4761")
    relation_source: str
    ethnicity: Ethnicity | None
    health: str | None
    disability: Disability | None
    status: str = Field(description="active 在册，dead 死亡，left 迁出")
    version: int
    updated_at: datetime


def person_reply(view: PersonView) -> PersonReply:
    """The reply for a person as the reader may see them."""
    row = view.row
    ethnicity, disability = None, None
    if row.ethnicity_source and row.ethnicity_system:
        ethnicity = Ethnicity(code=row.ethnicity, source=row.ethnicity_source, system=row.ethnicity_system)
    if row.disability_kind and row.disability_grade:
        disability = Disability(kind=view.disability_kind, grade=row.disability_grade)
    return PersonReply(
        person_id=row.id,
        household_id=row.household_id,
        household_no=row.household_no,
        person_no=row.person_no,
        division_code=row.division_code,
        name=view.name,
        id_number=view.id_number,
        phone=view.phone,
        sex=row.sex,
        birth_date=row.birth_date,
        relation=row.relation,
        relation_source=row.relation_source,
        ethnicity=ethnicity,
        health=row.health,
        disability=disability,
        status=row.status,
        version=row.version,
        updated_at=row.updated_at,
    )
