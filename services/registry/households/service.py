"""What can be done with households."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry import problems
from services.registry.households import repository
from services.registry.households.repository import HouseholdView
from services.registry.people import service as people
from services.registry.people.service import PersonView, Reader
from shared.events.registry import HouseholdRecorded
from shared.messaging.event_log import NewEvent, append
from shared.problems import Problem


async def announce(session: AsyncSession, household_ids: Sequence[UUID], now: datetime) -> None:
    """Append one event for each of the households, as it now stands in the transaction."""
    events = [
        NewEvent(
            HouseholdRecorded(
                household_id=found.id,
                division_code=found.division_code,
                household_class=found.household_class,
                version=found.version,
            ),
            found.id,
            found.division_code,
        )
        for found in await repository.households(session, household_ids)
    ]
    await append(session, events, now)


async def household_on(
    session: AsyncSession, household_id: UUID, on: date, reader: Reader
) -> tuple[HouseholdView, list[PersonView]]:
    """A household and who belongs to it on a day, head first; refused when it cannot be seen."""
    found = await repository.households(session, [household_id])
    if not found:
        raise Problem(problems.HOUSEHOLD_NOT_FOUND)
    members = await repository.members_on(session, household_id, on)
    return found[0], await people.views(session, members, reader)
