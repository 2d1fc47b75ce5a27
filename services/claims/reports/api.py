"""Reading reports, and stating what some rates are shares of."""

import asyncio
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Response

from services.claims.office import ONLY_AGENCIES
from services.claims.problems import OUTSIDE_JURISDICTION
from services.claims.providers.schemas import FacilityCode
from services.claims.reports import bases, drill, ncms, printing, service
from services.claims.reports.bases import Population, PopulationRequest
from services.claims.reports.drill import Cell
from services.claims.reports.groups import ALL
from services.claims.reports.printing import Format
from services.claims.reports.repository import After
from services.claims.reports.schemas import MonthTable, NcmsReport, Period, Rounding, RowReply
from services.claims.reports.yearly import averages, findings
from services.claims.reports.yearly_schemas import FindingReply, YearFiguresCheck, YearFiguresRequest
from shared import versions
from shared.divisions import COUNTY_PATTERN
from shared.fields import CountyCode
from shared.http import CallerDep, NowDep, SessionDep, needs, new_router
from shared.money import parse_rate
from shared.paging import CursorQuery, LimitQuery, Page, decode_cursor
from shared.problems import BAD_CURSOR, NOT_FOUND, Problem
from shared.versions import VersionRead

CountyQuery = Annotated[CountyCode, Query(description="县级区划代码")]
MonthQuery = Annotated[
    str, Query(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-03"], description="出院月份")
]
RoundingQuery = Annotated[Rounding, Query(description="half_up 四舍五入，truncate 截尾；只影响显示的商")]
FormatQuery = Annotated[Format | None, Query(description="json、csv、xlsx；省略则按 Accept 请求头")]
BomQuery = Annotated[bool, Query(description="CSV 带字节顺序标记，供 Excel 直接打开")]
CodeQuery = Annotated[str, Query(pattern=r"^[a-z0-9_]{1,64}$")]
GroupQuery = Annotated[
    str,
    Query(
        pattern=r"^[a-z0-9_]{1,64}$",
        description="人群：all 全部、poor 贫困、other 其他、main_… 主要身份、held_… 持有身份",
    ),
]
OneGroupQuery = Annotated[
    str | None,
    Query(pattern=r"^[a-z0-9_]{1,64}$", description="只要一个人群的全表（不含基金部分），如 main_dibao"),
]
CeilingQuery = Annotated[
    str | None, Query(pattern=r"^(0\.[0-9]{4}|1\.0000)$", description="只列受此个人自付上限约束的结算")
]
FacilityQuery = Annotated[
    FacilityCode | None, Query(description="只统计这一家医疗机构（不含基金部分），用于机构监测")
]
CountyPath = Annotated[str, Path(pattern=COUNTY_PATTERN, description="县级区划代码")]
YearPath = Annotated[int, Path(ge=2000, le=2099)]


router: APIRouter = new_router("/v1/reports", "reports")
_READS = [needs("claims:read"), ONLY_AGENCIES]
_STATES = [needs("claims:review"), ONLY_AGENCIES]
_FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {media: {} for media in printing.MEDIA_TYPES.values()}}
}


def _first_day(month: str) -> date:
    year, number = month.split("-")
    return date(int(year), int(number), 1)


def _after(cursor: str) -> After:
    day, settlement_id = decode_cursor(cursor, str, UUID)
    try:
        return After(date.fromisoformat(day), settlement_id)
    except ValueError as error:
        raise Problem(BAD_CURSOR, pointer="/query/cursor") from error


@router.get("/month", dependencies=_READS)
async def month_table(
    county: CountyQuery, month: MonthQuery, session: SessionDep, caller: CallerDep
) -> MonthTable:
    """县月报简表：按出院月份，分就诊类型和贫困/其他，人次、总费用、各方支付、个人自付比例及其上限。"""
    return await service.month_table(session, caller, county, _first_day(month))


@router.get("/ncms", dependencies=_READS, response_model=NcmsReport, responses=_FILES)
async def ncms_report(
    county: CountyQuery,
    month: MonthQuery,
    session: SessionDep,
    caller: CallerDep,
    now: NowDep,
    rounding: RoundingQuery = "half_up",
    format: FormatQuery = None,
    bom: BomQuery = False,
    facility: FacilityQuery = None,
    group: OneGroupQuery = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Any:
    """基金运行与受益情况标准月报：本月、本年累计、上年同期，分就诊类型、机构级别、贫困/其他、身份。

    每个数字都带分子、分母（名称和年度）、单位、口径版本和明细链接；不能计算的为空并说明原因。
    """
    asked = ncms.Asked(county, _first_day(month), rounding, facility, group)
    report = await ncms.report(session, caller, asked, now)
    wanted = format or printing.accepted(accept)
    if wanted == "json":
        # As it stands: thousands of figures would be turned into dictionaries first.
        return Response(report.model_dump_json(), media_type="application/json")
    content = await asyncio.to_thread(printing.printed, report, wanted, bom=bom)
    return Response(
        content, media_type=printing.MEDIA_TYPES[wanted], headers=printing.headers(report, wanted)
    )


@router.get("/ncms/rows", dependencies=_READS)
async def ncms_rows(
    county: CountyQuery,
    month: MonthQuery,
    figure: CodeQuery,
    session: SessionDep,
    line: CodeQuery = "total",
    group: GroupQuery = ALL,
    period: Period = "month",
    ceiling: CeilingQuery = None,
    facility: FacilityQuery = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> Page[RowReply]:
    """一个数字背后的结算明细：各行的分子、分母之和就是该数字的分子、分母。只有编号，没有个人信息。"""
    ceiling_bp = parse_rate(ceiling) if ceiling else None
    cell = Cell(county, _first_day(month), line, group, period, figure, ceiling_bp, facility)
    return await drill.rows(session, cell, _after(cursor) if cursor else None, limit)


@router.post("/year-figures:check", dependencies=_READS)
async def check_year_figures(body: YearFiguresRequest) -> YearFiguresCheck:
    """核对手工填报的年度数字：合计、人均标准、比率的分母对不上的逐项指出，不改动、不保存任何数据。"""
    stated = body.stated()
    found = [FindingReply(**each._asdict()) for each in findings(stated)]
    return YearFiguresCheck(adds_up=not found, findings=found, averages=averages(stated, body.rounding))


@router.put("/populations/{county}/{year}", dependencies=_STATES)
async def state_population(
    county: CountyPath,
    year: YearPath,
    body: PopulationRequest,
    session: SessionDep,
    caller: CallerDep,
    now: NowDep,
    response: Response,
    read: VersionRead,
) -> Population:
    """登记一县一年度的应参保人口及其名称、来源；修改须带 If-Match，另存新版本，旧版本保留。"""
    if not caller.governs(county):
        raise Problem(OUTSIDE_JURISDICTION, pointer="/path/county", division_code=county)
    stated = await bases.state_population(session, caller, county, year, body, read, now)
    versions.show(response, stated.version)
    return stated


@router.get("/populations/{county}/{year}", dependencies=_READS)
async def read_population(
    county: CountyPath, year: YearPath, session: SessionDep, response: Response
) -> Population:
    """最近登记的应参保人口；ETag 为版本。"""
    stated = await bases.population(session, county, year)
    if stated is None:
        raise Problem(NOT_FOUND)
    versions.show(response, stated.version)
    return stated
