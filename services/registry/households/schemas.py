"""Replies about households."""

from datetime import date, datetime
from uuid import UUID

from services.registry.people.schemas import PersonReply
from shared.fields import Reply


class HouseholdReply(Reply):
    """A household and who belonged to it on a day, head first."""

    household_id: UUID
    household_no: str
    division_code: str
    household_class: str
    version: int
    updated_at: datetime
    on: date
    members: list[PersonReply]
