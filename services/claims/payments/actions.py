"""Approving and cancelling batches; paying failed items again, or leaving them to be due."""

import json
from collections.abc import Iterator, Sequence
from uuid import UUID

from services.claims.funds import special_account
from services.claims.ledger import service as ledger
from services.claims.ledger.postings import NewTransfer
from services.claims.payments import prepare, repository, rules, sweep_repository
from services.claims.payments.problems import (
    ACCOUNT_CHANGED,
    NO_FAILED_ITEM,
    PAYMENT_SAME_PERSON,
    SHORTFALL,
    SHORTFALL_REASON,
)
from services.claims.payments.repository import Batch, Item
from services.claims.payments.rules import Booked
from services.claims.payments.schemas import BatchReply, ChooseRequest, NoteRequest, PaymentApproval
from services.claims.payments.service import Office, done, take
from shared.clock import business_date
from shared.ids import new_id
from shared.money import Fen, format_yuan
from shared.problems import Problem


async def approve(office: Office, batch_id: UUID, asked: PaymentApproval) -> BatchReply:
    """Book a batch: what was due is on its way to the bank. Not by who prepared it, nor without the money."""
    if asked.despite_shortfall and asked.note is None:
        raise Problem(SHORTFALL_REASON, pointer="/note")
    batch = await take(office, batch_id, rules.APPROVE)
    if office.caller.subject == batch.prepared_by:
        raise Problem(PAYMENT_SAME_PERSON)
    stale = await repository.stale_accounts(office.session, batch_id)
    if stale:
        raise Problem(ACCOUNT_CHANGED, count=stale)
    items = await repository.items(office.session, batch_id, rules.HOLDING, 0, None)
    missing = await _missing(office, batch, sum(item.amount_fen for item in items), asked)
    years = await repository.by_year(office.session, batch_id) if batch.kind == rules.CARD else {}
    transfers = [each for item in items for each in _transfers(batch, item, years.get(item.payee, {}))]
    await ledger.book_many(office.session, batch.county_code, transfers, office.now)
    paying = await repository.move(office.session, batch_id, [rules.PAYABLE], rules.IN_PAYMENT)
    changes = {
        # What only set things off has nothing to wait for at the bank.
        "state": rules.APPROVED if paying else rules.CONFIRMED,
        "approved_at": office.now,
        "approved_by": office.caller.subject,
    }
    amount = format_yuan(sum(item.amount_fen for item in items))
    details = {"items": len(paying), "amount": amount, "note": asked.note}
    if missing:
        details["despite_shortfall"] = format_yuan(missing)
    return await done(office, batch, rules.APPROVE, changes, details)


async def _missing(office: Office, batch: Batch, amount_fen: Fen, asked: PaymentApproval) -> Fen:
    """What the special account lacks to pay a batch; a Problem unless the approver takes that on."""
    if not amount_fen:
        return 0
    stands = await special_account.hold(office.session, batch.county_code)
    missing = stands.lacks(amount_fen)
    if missing and not asked.despite_shortfall:
        raise Problem(
            SHORTFALL,
            amount=format_yuan(amount_fen),
            available=format_yuan(stands.available_fen),
            balance=format_yuan(stands.balance_fen),
            promised=format_yuan(stands.promised_fen),
            missing=format_yuan(missing),
        )
    return missing


def reference(item_id: UUID) -> str:
    """Under which reference the transfers of an item are booked."""
    return f"payment_item/{item_id}"


def _transfers(batch: Batch, item: Item, by_year: dict[int, Fen]) -> Iterator[NewTransfer]:
    for booked in _booked(batch, item, by_year):
        yield NewTransfer(reference(item.id), booked.year, booked.facility_code, *booked.posting)


def _booked(batch: Batch, item: Item, by_year: dict[int, Fen]) -> list[Booked]:
    county, year = batch.county_code, batch.through.year
    if batch.kind == rules.CARD:
        return rules.card_transfers(county, by_year)
    if batch.kind == rules.ADVANCE:
        return rules.advance_transfers(item.payee, county, year, item.amount_fen)
    return rules.provider_transfers(item.payee, county, year, item.amount_fen, item.set_off_fen)


async def cancel(office: Office, batch_id: UUID, asked: NoteRequest) -> BatchReply:
    """Give a prepared batch up: what it held falls into the next one."""
    batch = await take(office, batch_id, rules.CANCEL)
    await sweep_repository.release(office.session, batch_id, everything=True)
    await repository.cancel_items(office.session, batch_id)
    changes = {"state": rules.CANCELLED}
    return await done(office, batch, rules.CANCEL, changes, {"note": asked.note})


async def retry(office: Office, batch_id: UUID, asked: ChooseRequest) -> BatchReply:
    """Prepare a new batch of what failed or came back, with the accounts now in force; the new batch."""
    batch = await take(office, batch_id, rules.RETRY)
    await sweep_repository.lock_county(office.session, batch.county_code)
    chosen = await _failed(office, batch, asked)
    ids = [item.id for item in chosen]
    await repository.move(office.session, batch_id, rules.NOT_PAID, rules.RETRIED, ids)
    again = Batch(
        new_id(),
        batch.county_code,
        batch.kind,
        rules.PREPARED,
        max(batch.through, business_date(office.now)),
        batch.id,
        office.now,
        office.caller.subject,
    )
    await repository.add(office.session, again)
    details = {"items": [item.no for item in chosen], "batch": str(again.id), "note": asked.note}
    await done(office, batch, rules.RETRY, {}, details)
    if batch.kind == rules.ADVANCE:
        given = await repository.advances_of(office.session, ids)
        wanted = [(item.payee, item.amount_fen, given[item.id][1:], item.id) for item in chosen]
        return await prepare.fill_advances(office, again, wanted)
    await sweep_repository.hold_failed(office.session, again.id, ids)
    return await prepare.fill(office, again, {item.payee: item.id for item in chosen})


async def give_back(office: Office, batch_id: UUID, asked: ChooseRequest) -> BatchReply:
    """Leave what failed or came back to be due again: the county's next batch takes them up."""
    batch = await take(office, batch_id, rules.RETURN)
    chosen = await _failed(office, batch, asked)
    ids = [item.id for item in chosen]
    await repository.move(office.session, batch_id, rules.NOT_PAID, rules.SENT_BACK, ids)
    details = {"items": [item.no for item in chosen], "note": asked.note}
    return await done(office, batch, rules.RETURN, {}, details)


async def _failed(office: Office, batch: Batch, asked: ChooseRequest) -> Sequence[Item]:
    """The items asked for of those that failed or came back; a Problem if none did, or one named did not."""
    failed = await repository.items(office.session, batch.id, rules.NOT_PAID, 0, None)
    if asked.items is None:
        chosen = failed
    else:
        wanted = set(asked.items)
        chosen = [item for item in failed if item.no in wanted]
        if len(chosen) < len(wanted):
            raise Problem(NO_FAILED_ITEM, pointer="/items")
    if not chosen:
        raise Problem(NO_FAILED_ITEM)
    return chosen


def parts_of(item: Item) -> dict[str, tuple[int, Fen]]:
    """Count and sum of an item's parts by name."""
    return {part: (count, fen) for part, count, fen in json.loads(item.parts)}
