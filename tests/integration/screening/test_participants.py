"""The local copy of people: whatever order and however often events arrive, it ends up the same."""

import pytest
from sqlalchemy import text

from services.screening.handlers import on_person_recorded
from tests.support.platform import Platform
from tests.support.vouchers import OTHER_VILLAGE, VILLAGE, announce, envelope, person

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("client")]


async def known(platform: Platform) -> list[tuple[str, int, int]]:
    async with platform.worker_session("screening") as session:
        rows = await session.execute(
            text(
                "SELECT division_code, version, jsonb_array_length(enrolments) AS n"
                " FROM participants ORDER BY 1"
            )
        )
        return [(row.division_code, row.version, row.n) for row in rows]


async def test_replayed_events_change_nothing(platform: Platform) -> None:
    people = [person(), person(OTHER_VILLAGE)]
    await announce(platform, *people)
    before = await known(platform)
    await announce(platform, *people, *people)
    assert await known(platform) == before == [(VILLAGE, 1, 2), (OTHER_VILLAGE, 1, 2)]


async def test_an_older_snapshot_does_not_undo_a_newer_one(platform: Platform) -> None:
    first = person()
    newer = first.model_copy(update={"division_code": OTHER_VILLAGE, "version": 3})
    await announce(platform, newer)
    await announce(platform, first)
    await announce(platform, first.model_copy(update={"version": 2}))
    assert await known(platform) == [(OTHER_VILLAGE, 3, 2)]


async def test_the_newest_of_several_snapshots_in_one_batch_counts(platform: Platform) -> None:
    first = person()
    newer = first.model_copy(update={"division_code": OTHER_VILLAGE, "version": 2})
    await announce(platform, first, newer, first)
    assert await known(platform) == [(OTHER_VILLAGE, 2, 2)]


async def test_an_enrolment_that_never_took_effect_is_left_out(platform: Platform) -> None:
    member = person()
    [first, second] = member.enrolments
    withdrawn = second.model_copy(update={"valid_to": second.valid_from})
    await announce(platform, member.model_copy(update={"enrolments": [first, withdrawn]}))
    assert await known(platform) == [(VILLAGE, 1, 1)]


async def test_five_hundred_people_are_taken_over_in_one_batch(platform: Platform) -> None:
    people = [person() for _ in range(500)]
    async with platform.worker_session("screening") as session:
        await on_person_recorded(session, [envelope(each) for each in people])
    assert len(await known(platform)) == 500
