"""Which events of other services the screening service acts on."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.screening.participants import service as participants
from shared.events.registry import PersonRecorded
from shared.messaging.delivery import Handlers
from shared.messaging.envelope import Envelope


async def on_person_recorded(session: AsyncSession, events: Sequence[Envelope]) -> None:
    """Keep our copy of people: eligibility comes from their enrolment years."""
    await participants.record_people(session, [event.read(PersonRecorded) for event in events])


HANDLERS: Handlers = {PersonRecorded.TYPE: on_person_recorded}
