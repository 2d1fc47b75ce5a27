"""What the claims service does with the registry's events. Set-based, and harmless when run twice."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.coverage import service as coverage
from services.claims.designations import service as designations
from services.claims.funds import lineage
from services.claims.ledger import service as ledger
from services.claims.nhsa import pruning
from services.claims.packs.followup import EVERY_SECONDS, follow_up
from services.claims.reports import bases, folding
from shared.events.registry import FinancingPlanned, PersonRecorded
from shared.messaging.delivery import BatchHandler
from shared.messaging.envelope import Envelope
from shared.worker import Job


async def on_person_recorded(session: AsyncSession, events: Sequence[Envelope]) -> None:
    """Take over who is insured, where, and in which categories."""
    await coverage.record_people(session, [(event.time, event.read(PersonRecorded)) for event in events])


async def on_financing_planned(session: AsyncSession, events: Sequence[Envelope]) -> None:
    """Book the year's money into the fund; a newer version of a plan reverses the older one."""
    for event in events:
        plan = event.read(FinancingPlanned)
        await ledger.book_financing(session, plan, event.time)
        await bases.record_heads(session, plan, event.time)


HANDLERS: Final[dict[str, BatchHandler]] = {
    PersonRecorded.TYPE: on_person_recorded,
    FinancingPlanned.TYPE: on_financing_planned,
}

JOBS: Final = [
    Job("policies", EVERY_SECONDS, follow_up),
    Job("designations", designations.EVERY_SECONDS, designations.follow_up),
    Job("earmarks", lineage.EVERY_SECONDS, lineage.attribute_new),
    Job("messages", pruning.EVERY_SECONDS, pruning.prune),
    Job("reports", folding.EVERY_SECONDS, folding.fold),
]
