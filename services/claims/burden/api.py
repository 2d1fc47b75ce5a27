"""Reading who bears how much: the list that a county office works with."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.claims.burden import service
from services.claims.burden.repository import After
from services.claims.burden.rules import KIND_OF
from services.claims.burden.schemas import BurdenReply, Holder, PersonBurden
from services.claims.burden.service import Asked
from services.claims.office import agency_only
from services.claims.settlements.desk import DeskDep
from shared.fields import CodeText, CountyCode, Yuan
from shared.http import CallerDep, SessionDep, new_router
from shared.money import MAX_FEN
from shared.paging import CursorQuery, LimitQuery, Page, decode_cursor
from shared.problems import BAD_CURSOR, Problem

router: APIRouter = new_router("/v1/burdens", "burdens", "claims:read")

CountyQuery = Annotated[CountyCode, Query(description="县级区划代码")]
YearQuery = Annotated[int, Query(ge=2000, le=2099, description="待遇年度")]
HolderQuery = Annotated[Holder | None, Query(description="只列个人或只列家庭；省略则两者都列")]
OverQuery = Annotated[CodeText | None, Query(description="只列已达到此预警线的，编号见政策包 burden 一节")]
MinQuery = Annotated[Yuan | None, Query(description="只列自付不低于此金额（元）的；与 over 只能给出一个")]


@router.get("")
async def list_burdens(
    session: SessionDep,
    caller: CallerDep,
    desk: DeskDep,
    county: CountyQuery,
    year: YearQuery,
    holder: HolderQuery = None,
    over: OverQuery = None,
    min_amount: MinQuery = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> Page[BurdenReply]:
    """年度个人自付名单：个人和家庭按自付金额从高到低，只有编号没有姓名，可按预警线或金额筛选。"""
    agency_only(caller)
    after = _after(cursor) if cursor else None
    asked = Asked(county, year, holder, over, min_amount)
    return await service.page(session, desk.policies, asked, after, limit)


@router.get("/{person_id}")
async def get_burden(
    person_id: UUID, year: YearQuery, session: SessionDep, caller: CallerDep, desk: DeskDep
) -> PersonBurden:
    """一人一年的自付及其家庭的自付，对照各预警线，并列出构成金额的每次结算。"""
    agency_only(caller)
    return await service.of_person(session, desk.policies, person_id, year)


def _after(cursor: str) -> After:
    after = After(*decode_cursor(cursor, int, str, UUID))
    if not 0 <= after.used_fen <= MAX_FEN or after.kind not in KIND_OF.values():
        raise Problem(BAD_CURSOR, pointer="/query/cursor")
    return after
