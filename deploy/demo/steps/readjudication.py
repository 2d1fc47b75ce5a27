"""A category granted for the past: the year is worked out anew, looked at, and approved by a second person.

The registry's officer enters the minimum living allowance (低保) of a household late; the event makes due
the year of its members.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from deploy.demo.api import Api
from deploy.demo.columns import PEOPLE, people_rows
from deploy.demo.exports import ImportFile
from deploy.demo.hardship import DIBAO
from deploy.demo.model import COUNTY_CODE, YEAR, County, Household
from deploy.demo.replies import Burden, Readjudication
from deploy.demo.steps import catching_up, imports
from deploy.demo.writers import write_csv

PROPOSER, APPROVER = "agency", "agency_approver"
_PROPOSALS, _BURDENS = "/v1/readjudications", "/v1/burdens"
_LOOKED_AT = 50
_LIMIT = 200
_AID = PEOPLE.index("享受低保/特困政策情况")


class Corrected(NamedTuple):
    """Whose category came late, and what became of the year."""

    preview: list[Readjudication]
    posted: Readjudication


async def run(api: Api, county: County, folder: Path, out: Console) -> Corrected | None:
    """Grant a category for the past, preview, propose and approve; none when nothing changes any more."""
    found = await _somebody(api, county)
    if found is None:
        return None
    person_id, household = found
    await imports.send(api, _late_file(household, folder))
    await catching_up.wait(api, out)
    preview = await _propose(api, {"dry_run": True, "person_ids": [person_id], "year": YEAR})
    await _propose(api, {"automatic": False, "limit": _LIMIT})
    waiting = await _waiting(api, person_id)
    if waiting is None:
        return None
    answer = await api.post(
        "claims", f"{_PROPOSALS}/{waiting}:approve", APPROVER, key=f"demo-approve-{waiting}"
    )
    return Corrected(preview, Readjudication.model_validate(answer.body))


async def _somebody(api: Api, county: County) -> tuple[str, Household] | None:
    """Who paid much this year, of a household without any category; not of the one that paid most of all."""
    households = {each.household_no: each for each in county.households if _without_category(each)}
    top, people = await _burdens(api, "household", 1), await _burdens(api, "person", _LOOKED_AT)
    for burden in people:
        if burden.household_id == top[0].household_id or burden.person_id is None:
            continue
        person = await api.get("registry", f"/v1/persons/{burden.person_id}", "registry_officer")
        household = households.get(person.body["household_no"])
        if household is not None:
            return burden.person_id, household
    return None


def _without_category(household: Household) -> bool:
    return not household.hardship.exited and not any(person.categories for person in household.people)


async def _burdens(api: Api, holder: str, limit: int) -> list[Burden]:
    asked: dict[str, str | int] = {"county": COUNTY_CODE, "year": YEAR, "holder": holder, "limit": limit}
    answer = await api.get("claims", _BURDENS, PROPOSER, **asked)
    return [Burden.model_validate(item) for item in answer.body["items"]]


def _late_file(household: Household, folder: Path) -> ImportFile:
    """The household's rows as the office sends them again, with the allowance that was forgotten."""
    path = folder / f"people-late-{household.household_no}.csv"
    rows = [(*row[:_AID], DIBAO, *row[_AID + 1 :]) for row in people_rows([household], {})]
    return ImportFile(path, "people", "csv", write_csv(path, "utf-8-sig", PEOPLE, rows))


async def _propose(api: Api, body: Mapping[str, Any]) -> list[Readjudication]:
    key = f"demo-propose-{imports.new_key()}"
    answer = await api.post("claims", f"{_PROPOSALS}:propose", PROPOSER, json=dict(body), key=key)
    return [Readjudication.model_validate({**item, "id": item["id"] or ""}) for item in answer.body["items"]]


async def _waiting(api: Api, person_id: str) -> str | None:
    answer = await api.get("claims", _PROPOSALS, PROPOSER, state="proposed", limit=_LIMIT)
    return next((item["id"] for item in answer.body["items"] if item["person_id"] == person_id), None)
