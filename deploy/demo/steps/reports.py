"""The standard table of the scheme: the population it rests on is stated first, with its source."""

from deploy.demo.api import Api, DemoError, problem_text
from deploy.demo.model import COUNTY_CODE, YEAR
from deploy.demo.replies import StandardTable

MONTH = f"{YEAR}-10"
"""The visits of the sample county end in October."""
PATH = "/v1/reports/ncms"
_OFFICE = "agency"
_REFUSED, _STATED_BEFORE = 400, "request.version_needed"


async def run(api: Api, people: int) -> StandardTable:
    """State the county's population, then read the table of the last month with the year to date.

    One that another sample has stated before stays.
    """
    stated = {
        "population": people,
        "name": "登记人口",
        "source": "样例县生成的登记人口",
        "counted_on": f"{YEAR}-01-01",
    }
    path = f"/v1/reports/populations/{COUNTY_CODE}/{YEAR}"
    done = await api.try_("PUT", "claims", path, _OFFICE, json=stated)
    if done.status >= _REFUSED and done.code != _STATED_BEFORE:
        raise DemoError(f"应参保人口未能登记：{problem_text(done)}")
    answer = await api.get("claims", PATH, _OFFICE, county=COUNTY_CODE, month=MONTH)
    return StandardTable.model_validate(answer.body)
