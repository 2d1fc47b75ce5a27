"""Money that comes back from the bank after it was reported paid (退汇): booked back, decided on anew."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.claims.ledger import service as ledger
from services.claims.ledger.postings import NewTransfer
from services.claims.payments import repository, returns_repository, rules, sweep_repository
from services.claims.payments.actions import reference
from services.claims.payments.problems import (
    RETURN_AMOUNT,
    RETURN_DAY,
    RETURN_OF_UNPAID,
    RETURN_REPEATED,
    RETURN_SET_OFF_OPEN,
)
from services.claims.payments.repository import Batch, Item
from services.claims.payments.returns_repository import PaymentReturn
from services.claims.payments.rules import Returned
from services.claims.payments.schemas import BankReturnsRequest, BatchReply
from services.claims.payments.service import Office, done, take
from shared.clock import business_date
from shared.money import Fen, format_yuan
from shared.problems import Problem


class Back(NamedTuple):
    """An item and what the bank says of its coming back."""

    item: Item
    said: Returned


async def book(office: Office, batch_id: UUID, asked: BankReturnsRequest) -> BatchReply:
    """Book what the bank's statement shows as returned: all of it or nothing, each payment once."""
    batch = await take(office, batch_id, rules.BANK_RETURN)
    items = await repository.items(office.session, batch_id, None, 0, None)
    by_no = {item.no: item for item in items}
    found: dict[int, Back] = {}
    for place, line in enumerate(asked.returns):
        pointer, item = f"/returns/{place}", by_no.get(line.no)
        if item is None:
            raise Problem(RETURN_OF_UNPAID, pointer=pointer, item=line.no, state="-")
        said = Returned(line.amount, line.returned_on, line.reason)
        if line.no in found:
            raise Problem(RETURN_REPEATED, pointer=pointer, item=line.no, day=str(said.day))
        check(office, batch, item, said, pointer)
        found[line.no] = Back(item, said)
    await take_back(office, batch, list(found.values()))
    back = {no: each.said for no, each in found.items()}
    changes = {"state": state_with(items, {each.item.id for each in found.values()})}
    details = {
        "returned": [len(back), format_yuan(sum(by_no[no].amount_fen for no in back))],
        "items": [[no, str(said.day), said.reason] for no, said in back.items()],
        "note": asked.note,
    }
    return await done(office, batch, rules.BANK_RETURN, changes, details)


def state_with(items: Sequence[Item], returned: set[UUID]) -> str:
    """The state of a batch of which these payments, too, came back."""
    pending = sum(item.state == rules.IN_PAYMENT for item in items)
    paid = sum(item.state == rules.PAID and item.id not in returned for item in items)
    return rules.state_after(pending, paid)


def check(office: Office, batch: Batch, item: Item, said: Returned, pointer: str = "") -> None:
    """A Problem unless this payment can have come back like this."""
    today = business_date(office.now)
    first = business_date(batch.exported_at) if batch.exported_at else today
    fault = rules.return_fault(item.state, item.returned_on is not None, item.amount_fen, said, first, today)
    if fault == "twice":
        raise Problem(RETURN_REPEATED, pointer=pointer, item=item.id.hex, day=str(item.returned_on))
    if fault == "unpaid":
        raise Problem(RETURN_OF_UNPAID, pointer=pointer, item=item.id.hex, state=item.state)
    if fault == "amount":
        found, expected = format_yuan(said.amount_fen or 0), format_yuan(item.amount_fen)
        raise Problem(RETURN_AMOUNT, pointer=pointer, item=item.id.hex, found=found, expected=expected)
    if fault == "day":
        first_day, day = str(first), str(said.day)
        raise Problem(
            RETURN_DAY, pointer=pointer, item=item.id.hex, day=day, first=first_day, today=str(today)
        )


async def take_back(office: Office, batch: Batch, returned: Sequence[Back]) -> None:
    """Reverse what was paid, and then what was on its way: the money is here, and due to nobody yet.

    What was kept back from a provider for an advance that came back is due to it again.
    """
    if not returned:
        return
    rows = [
        PaymentReturn(
            item.id,
            batch.id,
            batch.county_code,
            item.amount_fen,
            said.day,
            said.reason,
            office.now,
            office.caller.subject,
        )
        for item, said in returned
    ]
    ids = [item.id for item, _ in returned]
    again = await _kept_back(office, batch, ids) if batch.kind == rules.ADVANCE else {}
    await returns_repository.add(office.session, rows)
    references = [reference(id_) for id_ in ids]
    for kind in (rules.BANK_PAID, rules.PAYMENT):
        await ledger.reverse_many(office.session, references, kind, office.now)
    due = [_due_again(item, batch.through, again[item.id]) for item, _ in returned if item.id in again]
    await ledger.book_many(office.session, batch.county_code, due, office.now)


async def _kept_back(office: Office, batch: Batch, ids: Sequence[UUID]) -> Mapping[UUID, Fen]:
    """What was set off of each advance; a Problem where a batch that is not approved yet counts on one."""
    # Nobody puts a batch together meanwhile that sets off more.
    await sweep_repository.lock_county(office.session, batch.county_code)
    found: dict[UUID, Fen] = {}
    for used in await returns_repository.set_off_of(office.session, ids):
        if used.batch_state == rules.PREPARED:
            item = used.advance_item_id.hex
            raise Problem(RETURN_SET_OFF_OPEN, pointer="", item=item, batch=str(used.batch_id))
        found[used.advance_item_id] = found.get(used.advance_item_id, 0) + used.amount_fen
    return found


def _due_again(advance: Item, through: date, amount_fen: Fen) -> NewTransfer:
    facility, year, posting = rules.set_off_returned(advance.payee, through.year, amount_fen)
    return NewTransfer(reference(advance.id), year, facility, *posting)
