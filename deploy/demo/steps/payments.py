"""What the funds owe the hospitals is paid: two people, a file for the bank, and what the bank answers.

One payment comes back (户名与账号不符), is corrected and paid again. Going by the state in which batches are
found, so that a second run of the demonstration finds everything paid.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from deploy.demo.api import Api, DemoError
from deploy.demo.model import COUNTY_CODE, Provider
from deploy.demo.payment_replies import Batch, Export, Item
from shared.money import format_yuan

FINANCE, APPROVER = "finance", "finance_approver"
BATCHES, ACCOUNTS = "/v1/payment-batches", "/v1/payee-accounts"
REASON = "户名与账号不符"
_OPEN = ("prepared", "approved", "exported")
_PAGE = 200
_HEAD, _LINES = "批次号,文件摘要,笔数,总金额", "付款明细号,金额,结果,原因,处理日期"


class Paid(NamedTuple):
    """A batch with its lines, how many payments the bank's file holds, and the batch of what came back."""

    batch: Batch
    items: list[Item]
    in_file: int
    again: Batch | None


async def run(api: Api, today: date, providers: Sequence[Provider]) -> Paid | None:
    """Pay the county's providers; none when nothing was ever due."""
    names = {provider.facility_code: provider.name for provider in providers}
    names[COUNTY_CODE] = "县财政局医疗保障基金专户"
    if not await _accounts(api):
        await _propose(api, names)
    batch = await _batch(api, today)
    if batch is None:
        return None
    in_file = 0
    if batch.state in _OPEN:
        in_file = await _through(api, batch, today, failing=True)
        batch = await _read(api, batch.id)
    again = await _pay_again(api, batch, today, names)
    items = await _items(api, batch.id)
    batch = await _read(api, batch.id)
    return Paid(batch, items, in_file or batch.payable_count, again)


async def _accounts(api: Api) -> bool:
    asked: dict[str, str | int] = {"county": COUNTY_CODE, "state": "active", "limit": 1}
    return bool((await api.get("claims", ACCOUNTS, FINANCE, **asked)).body["items"])


async def _propose(api: Api, names: Mapping[str, str], suffix: str = "") -> None:
    """State accounts of the payees; somebody else approves them."""
    accounts = [
        {
            "payee_kind": "county" if payee == COUNTY_CODE else "facility",
            "payee": payee,
            "holder": name,
            "account_no": f"6217{payee[-8:].zfill(11)}{suffix or '0'}01",
            "bank_name": "样例县农村商业银行",
            "bank_code": "402999000018",
        }
        for payee, name in names.items()
    ]
    key = f"demo-accounts-{next(iter(names))}-{suffix or 'first'}"
    body = {"county": COUNTY_CODE, "accounts": accounts}
    change = (await api.post("claims", ACCOUNTS, FINANCE, json=body, key=key)).body["change_id"]
    path = f"{ACCOUNTS}/changes/{change}:approve"
    await api.post("claims", path, APPROVER, key=f"demo-accounts-{change}")


async def _batch(api: Api, today: date) -> Batch | None:
    """The batch that an earlier run left open, else a new one, else the last one that was paid."""
    known = await _batches(api)
    for batch in known:
        if batch.state in _OPEN:
            return batch
    body = {"county": COUNTY_CODE, "kind": "provider", "through": today.isoformat()}
    key = f"demo-payments-{len(known)}-{today}"
    answer = await api.try_("POST", "claims", BATCHES, FINANCE, json=body, key=key)
    if answer.status == 201:
        return Batch.model_validate(answer.body)
    if answer.code != "claims.nothing_payable":
        raise DemoError(f"编制支付批次被拒绝：{answer.status} {answer.code}")
    return await _read(api, known[-1].id) if known else None


async def _batches(api: Api) -> list[Batch]:
    asked: dict[str, str | int] = {"county": COUNTY_CODE, "kind": "provider", "limit": _PAGE}
    found = (await api.get("claims", BATCHES, FINANCE, **asked)).body["items"]
    batches = [Batch.model_validate(item) for item in found if item["retry_of"] is None]
    return [batch for batch in batches if batch.state != "cancelled"]


async def _read(api: Api, batch_id: str) -> Batch:
    return Batch.model_validate((await api.get("claims", f"{BATCHES}/{batch_id}", FINANCE)).body)


async def _items(api: Api, batch_id: str) -> list[Item]:
    found = await api.get("claims", f"{BATCHES}/{batch_id}/items", FINANCE, limit=_PAGE)
    return [Item.model_validate(item) for item in found.body["items"]]


async def _act(api: Api, batch_id: str, action: str, role: str, body: Any = None) -> Any:
    path, key = f"{BATCHES}/{batch_id}:{action}", f"demo-payments-{batch_id}-{action}"
    return (await api.post("claims", path, role, json=body, key=key)).body


async def _through(api: Api, batch: Batch, today: date, *, failing: bool) -> int:
    """Approve, export and let the bank answer; how many payments the bank's file holds."""
    if batch.state == "prepared":
        await _act(api, batch.id, "approve", APPROVER, {"note": "核对无误"})
    export = Export.model_validate(await _act(api, batch.id, "export", FINANCE))
    file = await api.get("claims", export.files[0], FINANCE)
    payments = [each for each in ET.fromstring(file.body).iter() if each.tag.endswith("}CdtTrfTxInf")]
    items = [item for item in await _items(api, batch.id) if item.state == "in_payment"]
    answer = _bank_says(export, items, today, failing=failing)
    await api.post(
        "claims",
        f"{BATCHES}/{batch.id}/results",
        FINANCE,
        content=answer,
        query={"format": "csv"},
        key=f"demo-payments-{batch.id}-results",
    )
    return len(payments)


def _bank_says(export: Export, items: list[Item], today: date, *, failing: bool) -> bytes:
    """The bank's file, in the encoding that Chinese banks use; the last payment is the one that fails."""
    total = format_yuan(sum(item.amount for item in items))
    lines = [_HEAD, f"{export.message_id},{export.digest},{len(items)},{total}", _LINES]
    for item in items:
        outcome = f"失败,{REASON}" if failing and item is items[-1] else "成功,"
        lines.append(f"{item.end_to_end_id},{format_yuan(item.amount)},{outcome},{today}")
    return "\r\n".join(lines).encode("gb18030")


async def _pay_again(api: Api, batch: Batch, today: date, names: Mapping[str, str]) -> Batch | None:
    """What came back is paid to the corrected account; the batch of that, also of an earlier run."""
    failed = [item for item in await _items(api, batch.id) if item.state == "failed"]
    if failed:
        await _propose(api, {item.payee: names[item.payee] for item in failed}, suffix=batch.id[-1:])
        await _act(api, batch.id, "retry", FINANCE, {"note": "账户更正后重发"})
    asked: dict[str, str | int] = {"county": COUNTY_CODE, "kind": "provider", "limit": _PAGE}
    for item in (await api.get("claims", BATCHES, FINANCE, **asked)).body["items"]:
        if item["retry_of"] == batch.id and item["state"] != "cancelled":
            again = Batch.model_validate(item)
            if again.state in _OPEN:
                await _through(api, again, today, failing=False)
            return await _read(api, again.id)
    return None
