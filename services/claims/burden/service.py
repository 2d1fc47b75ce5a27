"""Who bears how much in a year: the county's list, and one person with the settlements behind it."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.benefits.burden import BurdenThreshold
from services.claims.burden import repository
from services.claims.burden.repository import After, HolderRow, SettlementRow, Wanted
from services.claims.burden.rules import HOUSEHOLD, KIND_OF, PERSON, thresholds_of
from services.claims.burden.schemas import (
    BurdenReply,
    BurdenSettlement,
    HolderBurden,
    PersonBurden,
    ReachedThreshold,
)
from services.claims.problems import ONE_BURDEN_FILTER, UNKNOWN_THRESHOLD
from services.claims.settlements.policies import Policies
from shared.money import Fen
from shared.paging import Page, encode_cursor
from shared.problems import NOT_FOUND, Problem

_HOLDER_OF = {kind: holder for holder, kind in KIND_OF.items()}


class Asked(NamedTuple):
    """What a county office asks for: at most one of ``over`` (a threshold) and ``min_fen``."""

    county: str
    year: int
    holder: str | None
    over: str | None
    min_fen: Fen | None


async def page(
    session: AsyncSession, policies: Policies, asked: Asked, after: After | None, limit: int
) -> Page[BurdenReply]:
    """People and households with an own payment in the year, the highest first."""
    if asked.over is not None and asked.min_fen is not None:
        raise Problem(ONE_BURDEN_FILTER, pointer="/query/min_amount")
    thresholds = thresholds_of(policies.for_division(asked.county), asked.year)
    rows = await repository.page(session, _wanted(asked, thresholds), after, limit + 1)
    shown = rows[:limit]
    more = encode_cursor(shown[-1].used_fen, shown[-1].kind, shown[-1].holder) if len(rows) > limit else None
    return Page(items=[_reply(row, thresholds) for row in shown], next_cursor=more)


async def of_person(session: AsyncSession, policies: Policies, person_id: UUID, year: int) -> PersonBurden:
    """A person's year and that of the person's present household."""
    home = await repository.home_of(session, person_id)
    if home is None:
        raise Problem(NOT_FOUND)
    household_id, division_code = home
    thresholds = thresholds_of(policies.for_division(division_code), year)
    return PersonBurden(
        year=year,
        division_code=division_code,
        person=await _burden(session, person_id, year, PERSON, thresholds),
        household=await _burden(session, household_id, year, HOUSEHOLD, thresholds),
    )


async def own_payment(session: AsyncSession, holder: str, id_: UUID, year: int) -> Fen:
    """What a ``person`` or ``household`` has paid in a year, for other features."""
    return await repository.own_payment(session, id_, year, KIND_OF[holder])


async def home_of(session: AsyncSession, person_id: UUID) -> tuple[UUID, str] | None:
    """Household and village of a person, for other features; ``None`` where the caller may not see one."""
    return await repository.home_of(session, person_id)


def _wanted(asked: Asked, thresholds: tuple[BurdenThreshold, ...]) -> Wanted:
    holders = [asked.holder] if asked.holder else [PERSON, HOUSEHOLD]
    at_least = max(asked.min_fen or 0, 1)
    if asked.over is not None:
        threshold = next((each for each in thresholds if each.id == asked.over), None)
        if threshold is None:
            known = "、".join(each.id for each in thresholds) or "-"
            raise Problem(UNKNOWN_THRESHOLD, pointer="/query/over", threshold=asked.over, known=known)
        holders = [holder for holder in holders if holder == threshold.per]
        at_least = threshold.amount_fen
    return Wanted(asked.county, asked.year, [KIND_OF[holder] for holder in holders], at_least)


def _reply(row: HolderRow, thresholds: tuple[BurdenThreshold, ...]) -> BurdenReply:
    holder = _HOLDER_OF[row.kind]
    is_person = holder == PERSON
    return BurdenReply(
        holder=holder,
        person_id=row.holder if is_person else None,
        household_id=row.household_id if is_person else row.holder,
        division_code=row.division_code,
        own_payment=row.used_fen,
        thresholds=[each.id for each in thresholds if each.per == holder and row.used_fen >= each.amount_fen],
    )


async def _burden(
    session: AsyncSession, id_: UUID, year: int, holder: str, thresholds: tuple[BurdenThreshold, ...]
) -> HolderBurden:
    kind = KIND_OF[holder]
    own_payment = await repository.own_payment(session, id_, year, kind)
    behind = await repository.settlements_behind(session, id_, year, kind)
    return HolderBurden(
        id=id_,
        own_payment=own_payment,
        thresholds=[_reached(each, own_payment) for each in thresholds if each.per == holder],
        settlements=[_settlement(row) for row in behind],
    )


def _reached(threshold: BurdenThreshold, own_payment: Fen) -> ReachedThreshold:
    return ReachedThreshold(
        threshold=threshold.id,
        title=threshold.title,
        amount=threshold.amount_fen,
        reached=own_payment >= threshold.amount_fen,
        clause=threshold.rule.clause,
        source=threshold.rule.source_title,
        verified=threshold.rule.verified,
    )


def _settlement(row: SettlementRow) -> BurdenSettlement:
    return BurdenSettlement(own_payment=row.own_payment_fen, **row._asdict())
