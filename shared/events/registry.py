"""What the registry tells the other services: ids, codes, dates and amounts, never names or ID numbers."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.messaging.contract import EventData


class HouseholdRecorded(EventData):
    """A household as it now stands."""

    TYPE: ClassVar[str] = "registry.household_recorded.v1"

    household_id: UUID
    division_code: str
    household_class: str
    version: int


class CategorySpell(BaseModel):
    """An assistance category held from a day on; ``valid_to`` is exclusive, null while it lasts."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    category: str
    valid_from: date
    valid_to: date | None = None


class EnrolmentSpell(BaseModel):
    """Membership of an insurance scheme in one year; ``valid_to`` is exclusive.

    ``bought_back_years``: years without cover before it that were paid for afterwards (补缴).
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    scheme: Literal["resident", "employee"]
    year: int
    valid_from: date
    valid_to: date
    bought_back_years: int = 0


class CertificateSpell(BaseModel):
    """A chronic disease certified for outpatient benefits; ``valid_to`` is exclusive, null while it lasts."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    chronic_code: str
    valid_from: date
    valid_to: date | None = None


class PersonRecorded(EventData):
    """A person as now known: every category, enrolment and certificate so far, with a rising version.

    ``id_index`` is the blind index of the identity number in hexadecimal (shared.crypto.BlindIndex).
    """

    TYPE: ClassVar[str] = "registry.person_recorded.v1"

    person_id: UUID
    household_id: UUID
    division_code: str
    id_index: str
    birth_date: date
    sex: Literal["1", "2"]
    alive: bool
    version: int
    categories: list[CategorySpell]
    enrolments: list[EnrolmentSpell]
    certificates: list[CertificateSpell] = Field(default_factory=list)


class FinancingPlanned(EventData):
    """What each payer owes the county's fund in a year, and how the total is divided. Amounts in fen."""

    TYPE: ClassVar[str] = "registry.financing_planned.v1"

    plan_id: UUID
    county_code: str
    year: int
    enrolled: int
    due: dict[str, int]
    total_fen: int
    reserve_fen: int
    outpatient_account_fen: int
    pooled_fen: int
    version: int


CONTRACTS: tuple[type[EventData], ...] = (HouseholdRecorded, PersonRecorded, FinancingPlanned)
