"""Reading reports."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.claims.problems import AGENCY_ONLY
from services.claims.reports import service
from services.claims.reports.schemas import MonthTable
from shared.fields import CountyCode
from shared.http import CallerDep, SessionDep, new_router
from shared.problems import Problem

router: APIRouter = new_router("/v1/reports", "reports", "claims:read")

CountyQuery = Annotated[CountyCode, Query(description="县级区划代码")]
MonthQuery = Annotated[
    str, Query(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-03"], description="出院月份")
]


@router.get("/month")
async def month_table(
    county: CountyQuery, month: MonthQuery, session: SessionDep, caller: CallerDep
) -> MonthTable:
    """县月报：按出院月份，分就诊类型和贫困/其他，人次、总费用、各方支付、个人自付比例及其上限。"""
    if caller.facility is not None:
        raise Problem(AGENCY_ONLY)
    year, number = month.split("-")
    return await service.month_table(session, county, int(year), int(number))
