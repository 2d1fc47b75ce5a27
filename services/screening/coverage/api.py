"""Endpoint of the coverage figures."""

from typing import Annotated

from fastapi import Query

from services.screening.coverage import service
from services.screening.coverage.schemas import CoverageReply
from services.screening.programmes.dependencies import VersionsDep
from shared.divisions import COUNTY_PATTERN
from shared.http import SessionDep, new_router

CountyQuery = Annotated[str, Query(pattern=COUNTY_PATTERN, examples=["990101"])]
YearQuery = Annotated[int, Query(ge=2000, le=2099, examples=[2026])]

reads = new_router("/v1/programmes/{code}", "coverage", "screening:read")


@reads.get("/coverage")
async def get_coverage(
    county: CountyQuery, year: YearQuery, versions: VersionsDep, session: SessionDep
) -> CoverageReply:
    """Eligible people and the vouchers printed, issued and redeemed, within the caller's jurisdiction."""
    return await service.coverage(session, versions, county, year)
