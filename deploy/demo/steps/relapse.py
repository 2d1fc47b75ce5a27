"""The household that bore most, from the county's warning list to a payout of the relapse insurance (防贫保).

Going by the state in which the claim is found, so that a second run of the demonstration finds it paid.
"""

from datetime import date, timedelta
from typing import Any, NamedTuple

from deploy.demo.api import Api, DemoError
from deploy.demo.model import COUNTY_CODE, YEAR
from deploy.demo.replies import Burden, RelapseClaim, RelapseNotice, RelapsePreview
from shared.money import Fen, format_yuan

CLASSES = (("non_poor_low_income", 2_000_000), ("exited_poor", 500_000))
"""Classes of households with the own payment above which the sample county's insurance pays, in fen."""

PAGE = 200
MAX_PAGES = 25
OFFICE = "agency"
_ROLES = {"verify": OFFICE, "publish": OFFICE, "approve": "finance_approver", "pay": "finance"}
_NEXT = {"alert": "verify", "home_verification": "publish", "public_notice": "approve", "payable": "pay"}
_VISITED_DAYS_AGO, _POSTED_DAYS_AGO = 8, 7
_BURDENS, _CLAIMS = "/v1/burdens", "/v1/relapse-claims"


class Payout(NamedTuple):
    """One household's way through the insurance: the warning, what is due, the notice, the paid claim."""

    burden: Burden
    preview: RelapsePreview
    notice: RelapseNotice
    claim: RelapseClaim


async def run(api: Api, today: date) -> Payout | None:
    """Take the household with the highest own payment to its payout; none when nobody bore enough."""
    highest = await _burdens(api, holder="household", limit=1)
    if not highest:
        return None
    burden = highest[0]
    class_ = next((name for name, above in CLASSES if burden.own_payment > above), None)
    if class_ is None or burden.household_id is None:
        return None
    preview = await _preview(api, class_, burden.own_payment, today)
    claim = await _claim_of(api, burden.household_id) or await _open(api, burden, class_)
    claim = await _through(api, claim, today)
    notice = await api.get("claims", f"{_CLAIMS}/{claim.id}/notice", OFFICE)
    return Payout(burden, preview, RelapseNotice.model_validate(notice.body), claim)


async def _burdens(api: Api, holder: str, limit: int, **more: str) -> list[Burden]:
    asked: dict[str, str | int] = {"county": COUNTY_CODE, "year": YEAR, "holder": holder, "limit": limit}
    answer = await api.get("claims", _BURDENS, OFFICE, **asked, **more)
    return [Burden.model_validate(item) for item in answer.body["items"]]


async def _preview(api: Api, class_: str, own_payment: Fen, today: date) -> RelapsePreview:
    day = min(today, date(YEAR, 12, 31))
    body = {"class": class_, "own_payment": format_yuan(own_payment), "on": day.isoformat()}
    answer = await api.post("claims", "/v1/relapse-insurance:preview", OFFICE, json=body)
    return RelapsePreview.model_validate(answer.body)


async def _claim_of(api: Api, household_id: str) -> RelapseClaim | None:
    """The claim of an earlier run."""
    asked: dict[str, str | int] = {"county": COUNTY_CODE, "year": YEAR, "limit": PAGE}
    for item in (await api.get("claims", _CLAIMS, OFFICE, **asked)).body["items"]:
        if item["household_id"] == household_id and item["state"] != "rejected":
            answer = await api.get("claims", f"{_CLAIMS}/{item['id']}", OFFICE)
            return RelapseClaim.model_validate(answer.body)
    return None


async def _open(api: Api, burden: Burden, class_: str) -> RelapseClaim:
    payee = await _member(api, str(burden.household_id))
    body = {"household_id": burden.household_id, "payee_id": payee, "year": YEAR, "class": class_}
    key = f"demo-relapse-{burden.household_id}-{burden.own_payment}"
    return RelapseClaim.model_validate((await api.post("claims", _CLAIMS, OFFICE, json=body, key=key)).body)


async def _member(api: Api, household_id: str) -> str:
    """Whoever of the household has paid most."""
    cursor: dict[str, str] = {}
    for _ in range(MAX_PAGES):
        asked: dict[str, str | int] = {"county": COUNTY_CODE, "year": YEAR, "holder": "person", "limit": PAGE}
        answer = await api.get("claims", _BURDENS, OFFICE, **asked, **cursor)
        for item in answer.body["items"]:
            if item["household_id"] == household_id:
                return str(item["person_id"])
        if answer.body["next_cursor"] is None:
            break
        cursor = {"cursor": answer.body["next_cursor"]}
    raise DemoError(f"自付名单中没有家庭 {household_id} 的成员")


async def _through(api: Api, claim: RelapseClaim, today: date) -> RelapseClaim:
    """Verify, publish, approve and pay, each by the office whose business it is."""
    for _ in range(len(_NEXT)):
        action = _NEXT.get(claim.state)
        if action is None:
            break
        body = await _body(api, action, claim, today)
        answer = await api.post(
            "claims",
            f"{_CLAIMS}/{claim.id}:{action}",
            _ROLES[action],
            json=body,
            key=f"demo-relapse-{claim.id}-{action}",
        )
        claim = RelapseClaim.model_validate(answer.body)
    return claim


async def _body(api: Api, action: str, claim: RelapseClaim, today: date) -> dict[str, Any]:
    if action == "verify":
        return {
            "verified_own_cost": format_yuan(claim.own_payment_on_record),
            "verified_on": (today - timedelta(days=_VISITED_DAYS_AGO)).isoformat(),
            "signed_by": "驻村干部、村医、户主",
            "findings": "入户核对票据，与一站式结算记录一致，无第三方责任，无商业保险赔付",
        }
    if action == "publish":
        # The registry's officer sees names masked; the notice takes no more than that.
        person = await api.get("registry", f"/v1/persons/{claim.payee_id}", "registry_officer")
        posted_on = (today - timedelta(days=_POSTED_DAYS_AGO)).isoformat()
        return {"name": person.body["name"], "posted_on": posted_on}
    return {}
