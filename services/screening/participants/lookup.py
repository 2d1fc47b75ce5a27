"""Answer whether a person may have a voucher."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.screening.lines import LineProblem, line_problem
from services.screening.participants import repository, service
from services.screening.participants.rules import check_entitled
from services.screening.participants.schemas import HeldVoucher, LookupOrder, LookupReply
from services.screening.programmes.book import Versions
from shared.clock import business_date
from shared.crypto import BlindIndex
from shared.problems import Problem


async def look_up(
    session: AsyncSession,
    versions: Versions,
    order: LookupOrder,
    blind_index: BlindIndex,
    now: datetime,
    language: str,
) -> LookupReply:
    """What the cadre needs to know before handing out a voucher; nothing is written."""
    on = order.on or business_date(now)
    programme = versions.on(on)
    key = service.person_key(blind_index, order.person_id, order.id_number)
    person = (await service.find_people(session, [key])).get(key)
    facts = person.facts(programme.eligibility.scheme)
    reason: LineProblem | None = None
    try:
        check_entitled(programme, facts, order.year, on)
    except Problem as problem:
        reason = line_problem(problem, language)
    rows = await repository.vouchers_of(session, programme.code, person.person_id)
    vouchers = [
        HeldVoucher(serial=row.serial, year=row.year, status="redeemed" if row.redemption_id else "issued")
        for row in rows
    ]
    return LookupReply(
        person_id=person.person_id,
        division_code=person.division_code,
        year=order.year,
        entitled=reason is None,
        reason=reason,
        enrolled_years=sorted(facts.enrolled_years),
        vouchers=vouchers,
    )
