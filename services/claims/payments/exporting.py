"""Handing a batch to the bank: its account numbers leave in clear here and nowhere else."""

import hashlib
from typing import Any, Final, NamedTuple
from uuid import UUID

from services.claims.payments import accounts, pain001, repository, rules, sheet
from services.claims.payments.accounts import Keys, Opened
from services.claims.payments.actions import parts_of
from services.claims.payments.pain001 import Order, Party, Payment
from services.claims.payments.problems import NOT_EXPORTED, PAYER_ACCOUNT_MISSING
from services.claims.payments.repository import Batch, Item
from services.claims.payments.schemas import ExportReply
from services.claims.payments.service import Office, done, known, message_id, take
from shared import audit
from shared.clock import SHANGHAI, business_date
from shared.problems import Problem

PAIN, WORKBOOK = "pain.001.xml", "payments.xlsx"
MEDIA_TYPES: Final = {
    PAIN: "application/xml",
    WORKBOOK: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_TITLES: Final = {
    rules.PROVIDER: "定点医疗机构医疗费用拨付",
    rules.ADVANCE: "定点医疗机构预拨（垫付）款",
    rules.CARD: "一卡通个人待遇发放",
}


class Made(NamedTuple):
    """A batch in clear, as it was first exported."""

    order: Order
    items: list[Item]


async def export(office: Office, keys: Keys, batch_id: UUID) -> ExportReply:
    """Fix the file of an approved batch: its digest, the account paid from. Again it is the same file."""
    batch = await take(office, batch_id, rules.EXPORT)
    changes: dict[str, Any] = {}
    if batch.exported_at is None:
        payer = await accounts.payer(office.session, batch.county_code)
        if payer is None:
            raise Problem(PAYER_ACCOUNT_MISSING, county=batch.county_code)
        # The file's time has whole seconds.
        changes = {
            "exported_at": office.now.replace(microsecond=0),
            "exported_by": office.caller.subject,
            "payer_account_id": payer.id,
        }
        batch = batch._replace(**changes)
    made = await _made(office, keys, batch)
    digest = hashlib.sha256(pain001.write(made.order)).digest()
    if changes:
        changes |= {"state": rules.EXPORTED, "file_digest": digest}
    details = {"digest": digest.hex(), "items": len(made.items)}
    shown = await done(office, batch, rules.EXPORT, changes, details)
    return ExportReply(
        batch=shown,
        message_id=message_id(batch),
        digest=digest.hex(),
        items=len(made.items),
        amount=made.order.amount_fen,
        files=[f"/v1/payment-batches/{batch.id}/files/{name}" for name in (PAIN, WORKBOOK)],
    )


async def file(office: Office, keys: Keys, batch_id: UUID, name: str) -> bytes:
    """A file of an exported batch, byte for byte as first exported. The reading is audited."""
    batch = await known(office.session, batch_id)
    if batch.exported_at is None:
        raise Problem(NOT_EXPORTED)
    made = await _made(office, keys, batch)
    body = pain001.write(made.order) if name == PAIN else _workbook(batch, made)
    details = {"file": name, "digest": hashlib.sha256(body).hexdigest(), "accounts": len(made.items)}
    await audit.record(office.session, office.caller, "payments.read_accounts", str(batch_id), details)
    return body


async def _made(office: Office, keys: Keys, batch: Batch) -> Made:
    items = await repository.items(office.session, batch.id, rules.WENT_TO_THE_BANK, 0, None)
    ids = [item.account_id for item in items if item.account_id]
    if batch.payer_account_id is None or batch.exported_at is None:
        raise ValueError("a batch that is exported has an account to pay from")
    clear = await accounts.opened(office.session, keys, [batch.payer_account_id, *ids])
    payments = [
        Payment(item.id.hex, _party(clear[item.account_id]), item.amount_fen)
        for item in items
        if item.account_id
    ]
    order = Order(
        message_id(batch),
        batch.exported_at.astimezone(SHANGHAI),
        business_date(batch.exported_at),
        _party(clear[batch.payer_account_id]),
        f"{_TITLES[batch.kind]} {batch.through:%Y-%m-%d}",
        payments,
    )
    return Made(order, items)


def _workbook(batch: Batch, made: Made) -> bytes:
    rows = [sheet.Row(item.payee, parts_of(item), item.set_off_fen) for item in made.items]
    return sheet.write(f"{_TITLES[batch.kind]}支付明细表", f"{batch.through:%Y-%m-%d}", made.order, rows)


def _party(account: Opened) -> Party:
    return Party(*account)
