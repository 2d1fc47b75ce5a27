"""Which versions a process settles by: shipped ones, approved ones on top, never one that does not fit."""

from datetime import date
from typing import NamedTuple
from uuid import UUID

import pytest

from services.claims.benefits.policy import PolicyBook, PolicyVersion
from services.claims.packs.live import Assembled, LivePacks, assemble
from services.claims.packs.parse import labelled, parse_text
from tests.support.uploads import as_yaml, outpatient_pack

VILLAGE = "990101200203"
JUNE, JULY, AUGUST = date(2026, 6, 30), date(2026, 7, 1), date(2026, 8, 1)


class Row(NamedTuple):
    """What the database says of an approved version."""

    id: UUID
    pack: str
    version: str
    effective_from: date
    revision: int


def version(begins: str, rate: str = "0.50", name: str = "county", where: str = "990101") -> PolicyVersion:
    return parse_text(as_yaml(outpatient_pack(name, where, begins, rate)).decode()).version


SHIPPED = [PolicyBook([version("2026-01-01")])]


def assembled(*approved: tuple[PolicyVersion | str, str, int], pack: str = "county") -> Assembled:
    """Approved versions, or what is wrong with them, by date and revision."""
    rows, compiled = [], {}
    for number, (content, begins, revision) in enumerate(approved):
        label = f"{begins}.r{revision}" if revision > 1 else begins
        rows.append(Row(UUID(int=number), pack, label, date.fromisoformat(begins), revision))
        compiled[UUID(int=number)] = content if isinstance(content, str) else labelled(content, revision)
    return assemble(SHIPPED, rows, compiled)  # type: ignore[arg-type]  # a row of the database has more columns


def in_force(found: Assembled, day: date) -> str:
    book = found.policies.for_division(VILLAGE)
    assert book is not None
    return book.on(day).version


def test_approved_versions_stand_beside_the_shipped_ones() -> None:
    found = assembled((version("2026-07-01"), "2026-07-01", 1))
    assert (in_force(found, JUNE), in_force(found, JULY)) == ("2026-01-01", "2026-07-01")
    assert found.troubles == ()


def test_of_one_date_the_highest_revision_counts_in_whichever_order_they_come() -> None:
    revisions = [(version("2026-01-01", rate), "2026-01-01", no) for no, rate in ((3, "0.70"), (2, "0.60"))]
    assert in_force(assembled(*revisions), JUNE) == "2026-01-01.r3"


def test_a_broken_revision_leaves_the_one_before_it_in_use() -> None:
    good = (version("2026-01-01", "0.60"), "2026-01-01", 2)
    found = assembled(good, ("not readable", "2026-01-01", 3), (version("2026-07-01"), "2026-07-01", 1))
    assert (in_force(found, JUNE), in_force(found, AUGUST)) == ("2026-01-01.r2", "2026-07-01")
    assert [str(trouble) for trouble in found.troubles] == ["policy pack county 2026-01-01.r3: not readable"]


def test_a_broken_revision_is_forgotten_once_a_later_one_is_good() -> None:
    found = assembled(("bad", "2026-01-01", 2), (version("2026-01-01", "0.60"), "2026-01-01", 3))
    assert (in_force(found, JUNE), found.troubles) == ("2026-01-01.r3", ())


@pytest.mark.parametrize(
    ("misfit", "pack"),
    [
        (version("2026-07-01", where="990102"), "county"),
        (version("2026-07-01", name="other"), "other"),
    ],
)
def test_a_version_of_a_foreign_jurisdiction_or_name_is_left_out(misfit: PolicyVersion, pack: str) -> None:
    found = assembled((misfit, "2026-07-01", 1), pack=pack)
    assert in_force(found, AUGUST) == "2026-01-01"
    assert len(found.troubles) == 1


async def test_without_an_answer_from_the_database_nobody_settles_by_what_may_be_old() -> None:
    with pytest.raises(TimeoutError):
        await LivePacks({}).fresh()
