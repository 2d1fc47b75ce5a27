"""Endpoint of handing vouchers out to people."""

from fastapi import Request, Response

from services.screening.issues import service
from services.screening.issues.schemas import IssueOrder, IssueReply
from services.screening.programmes.dependencies import VersionsDep
from shared.http import CallerDep, NowDep, SessionDep, new_router, note
from shared.idempotency import OnceDep
from shared.refusals import language_of

writes = new_router("/v1/programmes/{code}", "issues", "screening:write")


@writes.post("/issues", response_model=IssueReply)
async def issue_vouchers(
    body: IssueOrder,
    request: Request,
    versions: VersionsDep,
    session: SessionDep,
    caller: CallerDep,
    once: OnceDep,
    now: NowDep,
) -> Response:
    """Hand out up to 1,000 vouchers; each line is accepted, or refused with its own reason.

    A person gets one voucher a year, from the cadre of the own village, for a year that belongs to two
    consecutive enrolment years (DOMAIN S-60 to S-64).
    """
    note(request, lines=len(body.lines))
    blind_index, language = request.app.state.blind_index, language_of(request)
    return await once.reply(
        lambda: service.issue_vouchers(session, versions, body, blind_index, caller, now, language),
        status=200,
    )
