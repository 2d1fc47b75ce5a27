"""Endpoint of the funding preview."""

from datetime import date

from services.screening.funding.rules import schedule
from services.screening.funding.schemas import FundingOrder, FundingReply, payment_replies
from services.screening.programmes.dependencies import VersionsDep
from shared.http import new_router

reads = new_router("/v1/programmes/{code}", "funding", "screening:read")


@reads.post("/funding:preview")
async def preview_funding(body: FundingOrder, versions: VersionsDep) -> FundingReply:
    """What the city owes for a year's members and when; nothing is stored.

    10 yuan a member and year: 80 % of the January–June cost by the end of July, 80 % of the July–December
    cost by the end of December, the rest after acceptance (DOMAIN S-68).
    """
    programme = versions.on(date(body.year, 12, 31))
    plan = schedule(programme.funding, body.year, body.enrolled, body.first_half_cost, body.second_half_cost)
    return FundingReply(
        programme=versions.code,
        programme_version=programme.valid_from,
        year=body.year,
        enrolled=body.enrolled,
        per_head=programme.funding.per_head_fen,
        due=plan.due_fen,
        payments=payment_replies(plan),
        source=programme.funding.source,
    )
