"""Payee accounts: proposed by one person, in force when another approves; stored encrypted, shown masked."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.payments import accounts_repository as repository
from services.claims.payments.accounts_repository import Account
from services.claims.payments.accounts_schemas import AccountLine, AccountReply, AccountsRequest, ChangeReply
from services.claims.payments.problems import (
    ACCOUNT_CHANGE_STATE,
    ACCOUNT_SAME_PERSON,
    PAYEE_KIND,
    PAYEE_REPEATED,
)
from services.claims.payments.rules import COUNTY, PERSON
from services.claims.payments.service import Office
from services.claims.providers import service as providers
from shared.crypto import BlindIndex, FieldCipher
from shared.ids import new_id
from shared.problems import NOT_FOUND, Problem

PROPOSED, ACTIVE, REJECTED = "proposed", "active", "rejected"
_SHOWN_DIGITS = 4
_FACILITY_DIGITS = 12


class Keys(NamedTuple):
    """What accounts are encrypted and found with."""

    cipher: FieldCipher
    blind_index: BlindIndex


class Opened(NamedTuple):
    """An account in clear, for the bank's eyes."""

    holder: str
    number: str
    bank_name: str
    bank_code: str | None


async def propose(office: Office, keys: Keys, asked: AccountsRequest) -> ChangeReply:
    """Store new accounts that are not in force yet; nothing changes for any batch."""
    office.governs(asked.county)
    seen: set[str] = set()
    for place, line in enumerate(asked.accounts):
        pointer = f"/accounts/{place}/payee"
        await _check_payee(office, asked.county, line, pointer)
        # An id may be written in several ways; it is one payee.
        payee = _canonical(line)
        if payee in seen:
            raise Problem(PAYEE_REPEATED, pointer=pointer, payee=line.payee)
        seen.add(payee)
    await repository.lock_county(office.session, asked.county)
    change_id = new_id()
    rows = [_sealed(office, keys, asked.county, change_id, line) for line in asked.accounts]
    await repository.add(office.session, rows)
    return ChangeReply(change_id=change_id, state=PROPOSED, accounts=len(rows))


async def approve(office: Office, change_id: UUID) -> ChangeReply:
    """Put a change in force, by somebody other than who proposed it. Approved batches keep their accounts."""
    await _open_change(office, change_id)
    count = await repository.put_in_force(office.session, change_id, office.now, office.caller.subject)
    return ChangeReply(change_id=change_id, state=ACTIVE, accounts=count)


async def reject(office: Office, change_id: UUID) -> ChangeReply:
    """Leave the accounts as they are."""
    await _open_change(office, change_id, itself=True)
    count = await repository.reject(office.session, change_id, office.now, office.caller.subject)
    return ChangeReply(change_id=change_id, state=REJECTED, accounts=count)


async def _open_change(office: Office, change_id: UUID, *, itself: bool = False) -> None:
    county = await repository.county_of(office.session, change_id)
    if county is None:
        raise Problem(NOT_FOUND)
    await repository.lock_county(office.session, county)
    found = await repository.change(office.session, change_id)
    if not itself and any(account.proposed_by == office.caller.subject for account in found):
        raise Problem(ACCOUNT_SAME_PERSON)
    if not any(account.state == PROPOSED for account in found):
        raise Problem(ACCOUNT_CHANGE_STATE)


async def page(
    session: AsyncSession,
    keys: Keys,
    county: str | None,
    payee: str | None,
    state: str | None,
    after: UUID | None,
    limit: int,
) -> list[AccountReply]:
    """Accounts, masked, in the order in which they were proposed."""
    found = await repository.page(session, county, payee, state, after, limit)
    return [_reply(account, open_account(keys, account)) for account in found]


async def opened(session: AsyncSession, keys: Keys, ids: Sequence[UUID]) -> dict[UUID, Opened]:
    """Accounts in clear. Whoever calls this is allowed to, and has it audited."""
    found = await repository.named(session, ids)
    return {id_: open_account(keys, account) for id_, account in found.items()}


async def payer(session: AsyncSession, county_code: str) -> Account | None:
    """The account in force that a county pays from."""
    return await repository.active(session, county_code, county_code)


def open_account(keys: Keys, account: Account) -> Opened:
    """Decrypt one account."""
    holder = keys.cipher.decrypt(account.holder_sealed, _context(account.id, "holder"))
    number = keys.cipher.decrypt(account.account_sealed, _context(account.id, "account"))
    return Opened(holder, number, account.bank_name, account.bank_code)


def masked(number: str) -> str:
    """The last four characters of an account number."""
    return "****" + number[-_SHOWN_DIGITS:]


def _sealed(office: Office, keys: Keys, county: str, change_id: UUID, line: AccountLine) -> Account:
    id_ = new_id()
    return Account(
        id_,
        change_id,
        county,
        line.payee_kind,
        _canonical(line),
        keys.cipher.encrypt(line.holder, _context(id_, "holder")),
        keys.cipher.encrypt(line.account_no, _context(id_, "account")),
        keys.blind_index.of(line.account_no),
        masked(line.account_no),
        line.bank_name,
        line.bank_code,
        PROPOSED,
        office.now,
        office.caller.subject,
    )


def _canonical(line: AccountLine) -> str:
    return str(UUID(line.payee)) if line.payee_kind == PERSON else line.payee


async def _check_payee(office: Office, county: str, line: AccountLine, pointer: str) -> None:
    if line.payee_kind == COUNTY:
        fits = line.payee == county
    elif line.payee_kind == PERSON:
        fits = _is_uuid(line.payee)
    else:
        fits = len(line.payee) == _FACILITY_DIGITS
        if fits:
            await providers.known(office.session, line.payee, pointer)
    if not fits:
        raise Problem(PAYEE_KIND, pointer=pointer, payee=line.payee, payee_kind=line.payee_kind)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _context(account_id: UUID, field: str) -> bytes:
    return b"payee_accounts." + field.encode() + b":" + account_id.bytes


def _reply(account: Account, clear: Opened) -> AccountReply:
    is_person = account.payee_kind == PERSON
    names = (
        *("id", "change_id", "payee_kind", "payee", "bank_name", "bank_code", "state"),
        *("proposed_at", "proposed_by", "decided_by"),
    )
    return AccountReply(
        **{name: getattr(account, name) for name in names},
        county=account.county_code,
        holder=clear.holder[:1] + "*" * (len(clear.holder) - 1) if is_person else clear.holder,
        account=account.account_masked,
    )
