"""Endpoint of participant look-ups."""

from fastapi import Request

from services.screening.participants import lookup
from services.screening.participants.schemas import LookupOrder, LookupReply
from services.screening.programmes.dependencies import VersionsDep
from shared.http import NowDep, SessionDep, new_router
from shared.refusals import language_of

reads = new_router("/v1/programmes/{code}", "participants", "screening:read")


@reads.post("/participants:lookup")
async def look_up(
    body: LookupOrder, request: Request, versions: VersionsDep, session: SessionDep, now: NowDep
) -> LookupReply:
    """Whether a person may have the voucher of a year, why not, and which vouchers the person has.

    The ID number travels in the body only and is never stored or repeated.
    """
    blind_index, language = request.app.state.blind_index, language_of(request)
    return await lookup.look_up(session, versions, body, blind_index, now, language)
