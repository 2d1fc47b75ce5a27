"""The standard table of the scheme: the population it rests on is stated first, with its source."""

from deploy.demo.api import Api
from deploy.demo.model import COUNTY_CODE, YEAR
from deploy.demo.replies import StandardTable

MONTH = f"{YEAR}-10"
"""The visits of the sample county end in October."""
PATH = "/v1/reports/ncms"
_OFFICE = "agency"


async def run(api: Api, people: int) -> StandardTable:
    """State the county's population, then read the table of the last month with the year to date."""
    stated = {
        "population": people,
        "name": "登记人口",
        "source": "样例县生成的登记人口",
        "counted_on": f"{YEAR}-01-01",
    }
    await api.put("claims", f"/v1/reports/populations/{COUNTY_CODE}/{YEAR}", _OFFICE, stated)
    answer = await api.get("claims", PATH, _OFFICE, county=COUNTY_CODE, month=MONTH)
    return StandardTable.model_validate(answer.body)
