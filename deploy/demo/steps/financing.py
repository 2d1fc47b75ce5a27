"""The county's financing plan of the year (DOMAIN S-15, S-16)."""

from deploy.demo.api import Api, DemoError, problem_text
from deploy.demo.enrolment import RESIDENT
from deploy.demo.model import COUNTY_CODE, YEAR, County
from deploy.demo.replies import PlanReply

PER_HEAD = {"personal": "10.00", "central": "40.00", "province": "22.00", "city": "7.2", "county": "10.8"}
_RESERVE_RATE = "0.04"
_OUTPATIENT_ACCOUNT = "8.00"
_ROLE = "registry_officer"


def enrolled(county: County) -> int:
    """Members of the resident scheme in the year."""
    people = (person for household in county.households for person in household.people)
    return sum(person.enrolled(YEAR, RESIDENT) for person in people)


async def plan(api: Api, members: int) -> PlanReply:
    """State the plan; one that stands already with the same terms stays as it is."""
    path = f"/v1/financing-plans/{COUNTY_CODE}/{YEAR}"
    body = {
        "enrolled": members,
        "per_head": PER_HEAD,
        "risk_reserve_rate": _RESERVE_RATE,
        "outpatient_account_per_head": _OUTPATIENT_ACCOUNT,
    }
    present = await api.try_("GET", "registry", path, _ROLE)
    version = {"If-Match": f'"{present.body["version"]}"'} if present.status == 200 else {}
    answer = await api.try_("PUT", "registry", path, _ROLE, json=body, headers=version)
    if answer.status >= 400:
        raise DemoError(f"筹资方案被拒绝：{problem_text(answer)}")
    return PlanReply.model_validate(answer.body)
