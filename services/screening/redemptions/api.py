"""Endpoints of redemptions."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from services.screening.programmes.dependencies import VersionsDep
from services.screening.redemptions import queries, service
from services.screening.redemptions.schemas import (
    RedemptionBatch,
    RedemptionBatchReply,
    RedemptionOrder,
    RedemptionReply,
)
from services.screening.redemptions.service import Redeemer
from shared.fields import CodeText
from shared.http import CallerDep, NowDep, SessionDep, new_router, note
from shared.idempotency import OnceDep
from shared.paging import CursorQuery, LimitQuery, Page
from shared.refusals import language_of

reads = new_router("/v1/programmes/{code}", "redemptions", "screening:read")
writes = new_router("/v1/programmes/{code}", "redemptions", "screening:write")


async def _redeemer(request: Request, versions: VersionsDep, caller: CallerDep, now: NowDep) -> Redeemer:
    return Redeemer(versions, request.app.state.blind_index, caller, now)


RedeemerDep = Annotated[Redeemer, Depends(_redeemer)]


@writes.post("/redemptions", status_code=201, response_model=RedemptionReply)
async def redeem(
    body: RedemptionOrder, redeemer: RedeemerDep, session: SessionDep, once: OnceDep
) -> Response:
    """Redeem the vouchers of two consecutive years of one person for a check-up (DOMAIN S-61, S-67).

    Only at the hospital of the person's township or at a facility assigned to it; each voucher once.
    """
    return await once.reply(lambda: service.redeem_one(session, redeemer, body))


@writes.post("/redemptions:batch", response_model=RedemptionBatchReply)
async def redeem_batch(
    body: RedemptionBatch, request: Request, redeemer: RedeemerDep, session: SessionDep, once: OnceDep
) -> Response:
    """Redeem up to 500 check-ups; each line is accepted, or refused with its own reason."""
    note(request, lines=len(body.lines))
    language = language_of(request)
    return await once.reply(lambda: service.redeem_batch(session, redeemer, body.lines, language), status=200)


@reads.get("/redemptions")
async def list_redemptions(
    versions: VersionsDep,
    session: SessionDep,
    facility_code: Annotated[CodeText | None, Query(description="只列出一家机构的核销记录")] = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[RedemptionReply]:
    """Check-ups paid for with vouchers, oldest first: what a facility bases its claim on (DOMAIN S-67)."""
    return await queries.list_redemptions(session, versions.code, facility_code, cursor, limit)


@reads.get("/redemptions/{redemption_id}")
async def get_redemption(redemption_id: UUID, versions: VersionsDep, session: SessionDep) -> RedemptionReply:
    """One check-up paid for with vouchers."""
    return await queries.get_redemption(session, versions.code, redemption_id)
