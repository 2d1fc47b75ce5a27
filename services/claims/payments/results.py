"""Taking over what the bank says: paid items leave the account, others are due again or paid anew."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.claims.ledger import accounts
from services.claims.ledger import service as ledger
from services.claims.ledger.postings import NewTransfer
from services.claims.payments import repository, results_repository, returns, rules
from services.claims.payments.actions import reference
from services.claims.payments.bank_files import BankFile, Format, Outcome, Total
from services.claims.payments.problems import (
    RESULT_AMOUNT,
    RESULT_CONTRADICTS,
    RESULT_FOREIGN,
    RESULT_INCOMPLETE,
    RESULT_REPEATED,
    RESULT_UNBALANCED,
)
from services.claims.payments.repository import Batch, Item
from services.claims.payments.results_repository import Decided, Result
from services.claims.payments.returns import Back
from services.claims.payments.rules import Returned
from services.claims.payments.schemas import ResultReply
from services.claims.payments.service import Office, done, message_id, reply, take
from shared.clock import business_date
from shared.money import Fen, format_yuan
from shared.problems import Problem

_NO_REASON = "银行未说明原因"
_SHOWN = 64


class Upload(NamedTuple):
    """A file of the bank as it came."""

    digest: bytes
    form: Format
    file: BankFile


async def take_over(office: Office, batch_id: UUID, upload: Upload, *, partial: bool) -> ResultReply:
    """Import a file of the bank, all of it or nothing. The same file again changes nothing, and says so."""
    batch = await take(office, batch_id, rules.RESULT)
    earlier = await results_repository.find(office.session, batch_id, upload.digest)
    items = await repository.items(office.session, batch_id, rules.WENT_TO_THE_BANK, 0, None)
    if earlier is not None:
        shown = await reply(office.session, batch)
        return _reply(shown, earlier, _pending(items, {}), already=True)
    by_name = {item.id.hex: item for item in items}
    _check(office, batch, upload.file, by_name)
    news = _news(upload.file, by_name)
    pending = _pending(items, news)
    if pending and not partial:
        raise Problem(RESULT_INCOMPLETE, missing=pending)
    return await _store(office, batch, upload, by_name, news, pending)


async def _store(
    office: Office,
    batch: Batch,
    upload: Upload,
    by_name: Mapping[str, Item],
    news: Mapping[str, Outcome],
    pending: int,
) -> ResultReply:
    today = business_date(office.now)
    paid, failed, back = (
        [by_name[name] for name, outcome in news.items() if outcome.says == says]
        for says in (rules.PAID, rules.FAILED, rules.BANK_RETURNED)
    )
    decided = [_decided(item.id, news[item.id.hex], today) for item in (*paid, *failed)]
    await results_repository.decide(office.session, batch.id, decided)
    coming_back = [Back(item, _returned(news[item.id.hex], today)) for item in back]
    await returns.take_back(office, batch, coming_back)
    transfers = [_paid(batch, item) for item in paid]
    await ledger.book_many(office.session, batch.county_code, transfers, office.now)
    await ledger.reverse_many(
        office.session, [reference(item.id) for item in failed], rules.PAYMENT, office.now
    )
    result = Result(
        batch.id,
        upload.digest,
        batch.county_code,
        upload.form,
        office.now,
        office.caller.subject,
        len(paid),
        _sum(paid),
        len(failed),
        _sum(failed),
        len(back),
        _sum(back),
    )
    await results_repository.add(office.session, result)
    still_paid = len(paid) + sum(item.state == rules.PAID for item in by_name.values()) - len(back)
    details = {
        "paid": [result.paid, format_yuan(result.paid_fen)],
        "failed": [result.failed, format_yuan(result.failed_fen)],
        "returned": [result.returned, format_yuan(result.returned_fen)],
        "pending": pending,
        "digest": upload.digest.hex(),
    }
    changes = {"state": rules.state_after(pending, still_paid)}
    shown = await done(office, batch, rules.RESULT, changes, details)
    return _reply(shown, result, pending, already=False)


def _check(office: Office, batch: Batch, file: BankFile, items: Mapping[str, Item]) -> None:
    """Whether the file is of this batch and adds up."""
    if file.message_id != message_id(batch):
        raise _foreign(file.message_id)
    if file.digest is not None and batch.file_digest is not None and file.digest != batch.file_digest.hex():
        raise _foreign(file.digest)
    seen, today = set[str](), business_date(office.now)
    for outcome in file.outcomes:
        if outcome.item not in items:
            raise _foreign(outcome.item)
        if outcome.item in seen:
            raise Problem(RESULT_REPEATED, pointer="", item=outcome.item)
        seen.add(outcome.item)
        expected = items[outcome.item].amount_fen
        if outcome.says == rules.BANK_RETURNED:
            returns.check(office, batch, items[outcome.item], _returned(outcome, today))
        elif outcome.amount_fen not in (None, expected):
            found = format_yuan(outcome.amount_fen or 0)
            raise Problem(
                RESULT_AMOUNT, pointer="", item=outcome.item, found=found, expected=format_yuan(expected)
            )
    named = [items[name] for name in seen]
    _balance(file.own_total, named)
    _balance(file.batch_total, list(items.values()))


def _balance(stated: Total | None, items: Sequence[Item]) -> None:
    if stated is not None and stated != Total(len(items), _sum(items)):
        raise Problem(
            RESULT_UNBALANCED,
            pointer="",
            stated_count=stated.payments,
            stated_sum=format_yuan(stated.amount_fen),
            count=len(items),
            sum=format_yuan(_sum(items)),
        )


def _news(file: BankFile, items: Mapping[str, Item]) -> dict[str, Outcome]:
    """What the file decides; what it repeats of earlier files must be the same."""
    found = {}
    for outcome in file.outcomes:
        item, says = items[outcome.item], outcome.says
        if says == rules.BANK_RETURNED or (says is not None and item.state == rules.IN_PAYMENT):
            found[outcome.item] = outcome
        elif says is not None and says != rules.once_said(item.state, item.returned_on):
            raise Problem(RESULT_CONTRADICTS, pointer="", item=outcome.item, state=item.state, found=says)
    return found


def _returned(outcome: Outcome, today: date) -> Returned:
    return Returned(outcome.amount_fen, outcome.day or today, outcome.reason or _NO_REASON)


def _foreign(found: str) -> Problem:
    return Problem(RESULT_FOREIGN, pointer="", found=found[:_SHOWN])


def _pending(items: Sequence[Item], news: Mapping[str, Outcome]) -> int:
    return sum(item.state == rules.IN_PAYMENT and item.id.hex not in news for item in items)


def _decided(item_id: UUID, outcome: Outcome, today: date) -> Decided:
    day = outcome.day or today
    if outcome.says == rules.PAID:
        return Decided(item_id, rules.PAID, None, day)
    return Decided(item_id, rules.FAILED, outcome.reason or _NO_REASON, day)


def _paid(batch: Batch, item: Item) -> NewTransfer:
    facility = item.payee if item.payee_kind == rules.FACILITY else ""
    way, bank = accounts.in_payment(batch.county_code), accounts.bank(batch.county_code)
    year = batch.through.year
    return NewTransfer(reference(item.id), year, facility, rules.BANK_PAID, way, bank, item.amount_fen)


def _sum(items: Sequence[Item]) -> Fen:
    return sum(item.amount_fen for item in items)


def _reply(batch: object, result: Result, pending: int, *, already: bool) -> ResultReply:
    return ResultReply.model_validate(
        {
            "batch": batch,
            "already_imported": already,
            "paid": result.paid,
            "paid_amount": result.paid_fen,
            "failed": result.failed,
            "failed_amount": result.failed_fen,
            "returned": result.returned,
            "returned_amount": result.returned_fen,
            "pending": pending,
        }
    )
