"""What rates are shares of and no settlement says: heads enrolled, and a population that an office states."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.reports import bases_repository as repository
from shared import versions
from shared.auth import Caller
from shared.events.registry import FinancingPlanned
from shared.fields import Body, Day, Reply, ShortText


class PopulationRequest(Body):
    """A population with its name and source; a later statement replaces it, the earlier one is kept."""

    population: Annotated[int, Field(strict=True, ge=1, le=10**9, examples=[158590])]
    name: Annotated[ShortText, Field(examples=["户籍人口"], description="分母名称，印在报表上")]
    source: Annotated[str, Field(min_length=2, max_length=200, examples=["县统计局 2026 年统计公报"])]
    counted_on: Annotated[Day, Field(description="该人数所指的日期")]


class Population(Reply):
    """A stated population."""

    county: str
    year: int
    version: int
    population: int
    name: str
    source: str
    counted_on: date
    recorded_at: datetime
    recorded_by: str


async def record_heads(session: AsyncSession, plan: FinancingPlanned, now: datetime) -> None:
    """Keep the number of heads of a county's plan; an older version changes nothing."""
    await repository.record_heads(session, plan.county_code, plan.year, plan.enrolled, plan.version, now)


async def state_population(
    session: AsyncSession,
    caller: Caller,
    county: str,
    year: int,
    body: PopulationRequest,
    read: int | None,
    now: datetime,
) -> Population:
    """Record a population as stated by the caller; the same statement again changes nothing.

    Another one must name the version that was read (``shared.versions``).
    """
    await repository.lock_populations(session, county, year)
    last = await population(session, county, year)
    if (
        last is not None
        and PopulationRequest(**last.model_dump(include=set(PopulationRequest.model_fields))) == body
    ):
        return last
    versions.check(last.version if last else None, read)
    version = last.version + 1 if last else 1
    stated = Population(
        county=county,
        year=year,
        version=version,
        recorded_at=now,
        recorded_by=caller.subject,
        **body.model_dump(),
    )
    await repository.add_population(session, stated.model_dump())
    return stated


async def population(session: AsyncSession, county: str, year: int) -> Population | None:
    """The population last stated; ``None`` where nobody has stated one."""
    row = await repository.population(session, county, year)
    return Population.model_validate(row) if row is not None else None
