"""Read the programmes of this installation."""

from services.screening.programmes.dependencies import BookDep, VersionsDep
from services.screening.programmes.schemas import ProgrammeReply, programme_reply
from shared.clock import business_date
from shared.fields import Reply
from shared.http import NowDep, new_router

reads = new_router("/v1/programmes", "programmes", "screening:read")


class ProgrammeList(Reply):
    """Every programme; there are a handful, so the list is not paged."""

    items: list[ProgrammeReply]


@reads.get("")
async def list_programmes(book: BookDep) -> ProgrammeList:
    """The newest version of every programme."""
    return ProgrammeList(items=[programme_reply(versions.newest) for versions in book.by_code.values()])


@reads.get("/{code}")
async def get_programme(versions: VersionsDep, now: NowDep) -> ProgrammeReply:
    """The version of a programme in force today, with the sources of its rules."""
    return programme_reply(versions.on(business_date(now)))
