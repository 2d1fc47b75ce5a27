"""Preparing batches: what is due and paid by no batch yet, less advances; and advances themselves."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from services.claims.payments import repository, rules, sweep_repository
from services.claims.payments.problems import (
    NOTHING_PAYABLE,
    PAYEE_REPEATED,
    PERIOD,
    PERIOD_IN_FUTURE,
    SET_OFF_RULE,
)
from services.claims.payments.repository import Batch
from services.claims.payments.rules import Advance, SetOff
from services.claims.payments.schemas import AdvanceLine, AdvanceRequest, BatchReply, PrepareRequest
from services.claims.payments.service import Office, reply
from services.claims.payments.sweep_repository import Account, Gathered, NewAdvance, NewItem
from services.claims.providers import service as providers
from shared.clock import SHANGHAI, business_date
from shared.ids import new_id
from shared.money import format_yuan
from shared.problems import Problem

PREPARE = "prepare"


class _Line(NamedTuple):
    """A payee of a batch about to be stored, with what is set off."""

    item: NewItem
    set_offs: Sequence[SetOff]


async def prepare(office: Office, asked: PrepareRequest) -> BatchReply:
    """Gather what is due up to a day; rows that commit later fall into the next batch.

    Providers that owe more than they are due are carried forward, payees without an account wait; neither
    stops the others. A Problem where nothing at all can be paid.
    """
    office.governs(asked.county)
    through = _through(asked, business_date(office.now))
    await sweep_repository.lock_county(office.session, asked.county)
    batch = _new_batch(office, asked.county, asked.kind, through)
    await repository.add(office.session, batch)
    end = datetime.combine(through + timedelta(days=1), time(), SHANGHAI)
    unassigned, unassigned_fen = await sweep_repository.sweep(
        office.session, batch.id, asked.county, asked.kind, end
    )
    await repository.set_unassigned(office.session, batch.id, unassigned, unassigned_fen)
    batch = batch._replace(unassigned=unassigned, unassigned_fen=unassigned_fen)
    return await fill(office, batch, {})


async def fill(office: Office, batch: Batch, replaces: Mapping[str, UUID]) -> BatchReply:
    """Make the lines of a new batch from the transfers that it holds, and give back those of unpaid lines."""
    gathered = await sweep_repository.gathered(office.session, batch.id)
    parts: dict[str, list[Gathered]] = {}
    for each in gathered:
        parts.setdefault(each.payee, []).append(each)
    accounts = await sweep_repository.accounts_of(office.session, batch.county_code, list(parts))
    advances: dict[str, list[Advance]] = {}
    # What comes back from the bank was set off when it was first paid.
    if batch.kind == rules.PROVIDER and batch.retry_of is None:
        advances = await sweep_repository.open_advances(office.session, batch.county_code, batch.through)
    lines = _lines(parts, accounts, advances, replaces)
    if not any(line.item.state in rules.HOLDING for line in lines):
        raise _nothing(batch.through, lines)
    payee_kind = rules.PERSON if batch.kind == rules.CARD else rules.FACILITY
    await sweep_repository.add_items(
        office.session, batch.id, batch.county_code, payee_kind, [line.item for line in lines]
    )
    used = [(each.advance_item_id, line.item.id, each.amount_fen) for line in lines for each in line.set_offs]
    await sweep_repository.add_set_offs(office.session, batch.county_code, used)
    await sweep_repository.release(office.session, batch.id, everything=False)
    return await _prepared(office, batch)


def _lines(
    parts: Mapping[str, Sequence[Gathered]],
    accounts: Mapping[str, Account],
    advances: Mapping[str, Sequence[Advance]],
    replaces: Mapping[str, UUID],
) -> list[_Line]:
    lines = []
    for no, (payee, found) in enumerate(parts.items(), 1):
        gross = sum(each.amount_fen for each in found)
        set_offs = rules.set_offs(gross, advances.get(payee, ()))
        set_off = sum(each.amount_fen for each in set_offs)
        account = accounts.get(payee)
        state = rules.item_state(gross, gross - set_off, has_account=account is not None)
        item = NewItem(
            new_id(),
            no,
            payee,
            state,
            gross,
            set_off,
            [(each.part, each.transfers, each.amount_fen) for each in found],
            account.id if account else None,
            account.shared if account else False,
            replaces.get(payee),
        )
        lines.append(_Line(item, set_offs))
    return lines


async def advance(office: Office, asked: AdvanceRequest) -> BatchReply:
    """Prepare advances to providers: a batch whose items are not due but given."""
    office.governs(asked.county)
    codes = [line.facility_code for line in asked.advances]
    _each_once(codes)
    for place, line in enumerate(asked.advances):
        _check_rule(line, f"/advances/{place}/set_off")
        await providers.known(office.session, line.facility_code, f"/advances/{place}/facility_code")
    today = business_date(office.now)
    batch = _new_batch(office, asked.county, rules.ADVANCE, today)
    await repository.add(office.session, batch)
    wanted = [
        (
            line.facility_code,
            line.amount,
            (line.set_off, line.instalment, line.rate, line.set_off_from or today),
            None,
        )
        for line in asked.advances
    ]
    return await fill_advances(office, batch, wanted)


async def fill_advances(
    office: Office,
    batch: Batch,
    wanted: Sequence[tuple[str, int, tuple[str, int | None, int | None, date], UUID | None]],
) -> BatchReply:
    """Make the lines of a batch of advances: provider, amount, rule of set-off, what the line replaces."""
    accounts = await sweep_repository.accounts_of(
        office.session, batch.county_code, [code for code, *_ in wanted]
    )
    items, advances = [], []
    for no, (code, amount, rule, replaced) in enumerate(wanted, 1):
        account = accounts.get(code)
        state = rules.item_state(amount, amount, has_account=account is not None)
        account_id, is_shared = (account.id, account.shared) if account else (None, False)
        parts = [("advance", 1, amount)]
        item = NewItem(new_id(), no, code, state, amount, 0, parts, account_id, is_shared, replaced)
        items.append(item)
        advances.append(NewAdvance(item.id, code, *rule))
    if not accounts:
        raise Problem(NOTHING_PAYABLE, through=str(batch.through), carried=0, unpayable=len(items))
    await sweep_repository.add_items(office.session, batch.id, batch.county_code, rules.FACILITY, items)
    await sweep_repository.add_advances(office.session, batch.county_code, advances)
    await sweep_repository.release(office.session, batch.id, everything=False)
    return await _prepared(office, batch)


async def _prepared(office: Office, batch: Batch) -> BatchReply:
    sums = await repository.sums(office.session, batch.id)
    details = {each.state: [each.items, format_yuan(each.amount_fen)] for each in sums}
    await repository.add_step(office.session, batch, PREPARE, office.now, office.caller.subject, details)
    return await reply(office.session, batch)


def _new_batch(office: Office, county: str, kind: str, through: date) -> Batch:
    return Batch(new_id(), county, kind, rules.PREPARED, through, None, office.now, office.caller.subject)


def _through(asked: PrepareRequest, today: date) -> date:
    if (asked.month is None) == (asked.through is None):
        raise Problem(PERIOD, pointer="/month")
    if asked.month is not None:
        year, month = (int(part) for part in asked.month.split("-"))
        end = rules.month_end(year, month)
        through = today if (year, month) == (today.year, today.month) else end
    else:
        through = asked.through or today
    if through > today:
        raise Problem(PERIOD_IN_FUTURE, pointer="/through", through=str(through), today=str(today))
    return through


def _nothing(through: date, lines: Iterable[_Line]) -> Problem:
    states = [line.item.state for line in lines]
    return Problem(
        NOTHING_PAYABLE,
        through=str(through),
        carried=states.count(rules.CARRIED_FORWARD),
        unpayable=states.count(rules.UNPAYABLE),
    )


def _each_once(payees: Sequence[str]) -> None:
    for place, payee in enumerate(payees):
        if payee in payees[:place]:
            raise Problem(PAYEE_REPEATED, pointer=f"/advances/{place}/facility_code", payee=payee)


def _check_rule(line: AdvanceLine, pointer: str) -> None:
    needed = {rules.INSTALMENT: (True, False), rules.SHARE: (False, True), rules.ALL: (False, False)}
    if (line.instalment is not None, line.rate is not None) != needed[line.set_off]:
        raise Problem(SET_OFF_RULE, pointer=pointer)
