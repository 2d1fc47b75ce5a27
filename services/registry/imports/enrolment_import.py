"""The import of enrolments: who belonged to which scheme in which year, since when."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.imports import enrolment_repository as repository
from services.registry.imports import row_problems
from services.registry.imports.codes import HEADINGS
from services.registry.imports.enrolment_repository import EnrolmentWrite, KnownEnrolment
from services.registry.imports.order import Counts, Order
from services.registry.imports.parse import ParsedFile, PreparedEnrolment, year_bounds
from services.registry.imports.row_problems import RowFault
from services.registry.people import service as people
from shared.ids import new_id
from shared.problems import ProblemSpec


class EnrolmentPlan(NamedTuple):
    """Everything that the file changes."""

    writes: list[EnrolmentWrite]
    superseded: list[UUID]
    unchanged: list[int]
    faults: list[RowFault]


async def import_enrolments(
    session: AsyncSession, order: Order, parsed: ParsedFile, now: datetime
) -> tuple[Counts, list[RowFault]]:
    """Bring the enrolments in line with the rows; nothing is written on a dry run. The county is locked."""
    await repository.stage(session, parsed.enrolments)
    known = await repository.classify(session, order.county)
    plan = await asyncio.to_thread(plan_enrolments, parsed.enrolments, known)
    if plan.writes and not order.dry_run:
        changed = list(dict.fromkeys(write.person_id for write in plan.writes))
        await repository.write(session, plan.superseded, plan.writes, changed, now)
        await people.announce(session, changed, now)
    counts = Counts(
        rows=parsed.rows,
        accepted=len(plan.writes) + len(plan.unchanged),
        created=len(plan.writes) - len(plan.superseded),
        changed=len(plan.superseded),
        unchanged=len(plan.unchanged),
    )
    return counts, plan.faults


def plan_enrolments(rows: Sequence[PreparedEnrolment], known: Mapping[int, KnownEnrolment]) -> EnrolmentPlan:
    """Compare the rows with the registry. Pure."""
    plan = EnrolmentPlan([], [], [], [])
    seen: set[tuple[UUID | None, str, int]] = set()
    for row in rows:
        stated, found = row.enrolment, known[row.enrolment.row]
        fault = _fault(row, found, seen)
        if fault:
            plan.faults.append(RowFault(stated.row, _column(row), fault.code, {}))
            continue
        seen.add((found.person_id, stated.scheme, stated.year))
        if found.joined_on == stated.joined_on and _bought_back(row, found) == found.bought_back_years:
            plan.unchanged.append(stated.row)
        else:
            _replace(row, found, plan)
    return plan


def _replace(row: PreparedEnrolment, found: KnownEnrolment, plan: EnrolmentPlan) -> None:
    stated = row.enrolment
    assert found.person_id
    start, end = _validity(stated.joined_on, stated.year, found)
    if found.enrolment_id and found.valid_to and start < found.valid_to:
        plan.superseded.append(found.enrolment_id)
    plan.writes.append(
        EnrolmentWrite(
            id=new_id(),
            person_id=found.person_id,
            division_code=found.division_code or "",
            scheme=stated.scheme,
            year=stated.year,
            joined_on=stated.joined_on,
            valid_from=start,
            valid_to=end,
            bought_back_years=_bought_back(row, found),
        )
    )


def _bought_back(row: PreparedEnrolment, found: KnownEnrolment) -> int:
    """As stated; where the file says nothing, what is known stays."""
    stated = row.enrolment.bought_back_years
    return (found.bought_back_years or 0) if stated is None else stated


def _fault(
    row: PreparedEnrolment, found: KnownEnrolment, seen: set[tuple[UUID | None, str, int]]
) -> ProblemSpec | None:
    stated = row.enrolment
    if stated.person_no and stated.id_number and found.by_no != found.by_index:
        return row_problems.PERSON_MISMATCH if found.person_id else row_problems.UNKNOWN_PERSON
    if found.person_id is None:
        return row_problems.UNKNOWN_PERSON
    if (found.person_id, stated.scheme, stated.year) in seen:
        return row_problems.DUPLICATE_ENROLMENT
    return None


def _column(row: PreparedEnrolment) -> str:
    field = "person_no" if row.enrolment.person_no else "id_number"
    column: str = HEADINGS["enrolments"].standard[field]
    return column


def _validity(joined_on: date, year: int, found: KnownEnrolment) -> tuple[date, date]:
    """From the first day of the year, or the day of joining inside it; an end that is known stays.

    Who joined again after that end is enrolled for the rest of the year.
    """
    first_day, end = year_bounds(year)
    start = max(first_day, joined_on, found.birth_date or first_day, found.earlier_end or first_day)
    if found.valid_to and start < found.valid_to:
        end = found.valid_to
    return start, end
