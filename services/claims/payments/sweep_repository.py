"""Statements that gather what is due into a new batch, and give it back when the batch is cancelled."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.ledger.postings import (
    CARD_OWED,
    CARD_PAYABLE,
    PAYER,
    PAYER_DECREASE,
    PAYER_INCREASE,
    REVERSAL,
)
from services.claims.payments.rules import (
    BANK_RETURNED,
    CARD,
    FAILED,
    HOLDING,
    OWN_KINDS,
    PAYMENT,
    RETRIED,
    SENT_BACK,
    SET_OFF_RETURNED,
    Advance,
)
from shared.db import raw
from shared.money import BasisPoints, Fen

SETTLEMENTS, REVERSALS, ADJUSTMENTS, DEDUCTIONS, RETURNED = (
    *("settlements", "reversals", "adjustments", "deductions"),
    "returned",
)
_ADJUSTING = (PAYER_INCREASE, PAYER_DECREASE, CARD_PAYABLE, CARD_OWED)

# A transfer is due once: it is held by no batch, is no payment itself, and if it is the reversal of a payment
# that failed, the failed item was given back. On whose account it is follows from the account's name, for
# people from the settlement, the claim or the reference that it was booked for.
_SWEEP = f"""
WITH due AS (
  SELECT due.no, due.settlement_id, due.kind, original.kind AS original_kind,
    COALESCE(original.reference, due.reference) AS reference, failed.payee AS failed_payee,
    CASE WHEN due.credit_account ^@ $3 THEN due.credit_account ELSE due.debit_account END AS account,
    CASE WHEN due.credit_account ^@ $3 THEN due.amount_fen ELSE -due.amount_fen END AS amount_fen, due.year
  FROM transfers AS due
  LEFT JOIN transfers AS original ON original.no = due.reverses
  LEFT JOIN payment_items AS failed ON original.reference = 'payment_item/' || failed.id
  WHERE due.county_code = $2 AND due.booked_at < $4
    AND (due.credit_account ^@ $3 OR due.debit_account ^@ $3) AND due.kind <> ALL($5::text[])
    AND (original.kind IS DISTINCT FROM '{PAYMENT}' OR failed.state = '{SENT_BACK}')
    AND NOT EXISTS (SELECT 1 FROM payment_item_transfers AS held
                    WHERE held.transfer_no = due.no AND held.held)
), whose AS (
  SELECT due.no, due.amount_fen, {{payee}} AS payee, {{year}} AS year,
    CASE
      WHEN original_kind = '{PAYMENT}' OR kind = '{SET_OFF_RETURNED}' THEN '{RETURNED}'
      WHEN kind = '{REVERSAL}' AND settlement_id IS NOT NULL THEN '{REVERSALS}'
      WHEN kind = '{PAYER}' THEN '{SETTLEMENTS}'
      WHEN kind = ANY($6::text[]) THEN '{ADJUSTMENTS}'
      ELSE {{other}} END AS part
  FROM due {{joins}}
), kept AS (
  INSERT INTO payment_item_transfers (batch_id, transfer_no, county_code, payee, part, year, amount_fen, held)
  SELECT $1, no, $2, payee, part, year, amount_fen, true FROM whose WHERE payee IS NOT NULL
)
SELECT count(*), COALESCE(sum(amount_fen), 0)::bigint FROM whose WHERE payee IS NULL
"""
_PROVIDERS = _SWEEP.format(
    payee="split_part(account, ':', 2)", year="due.year", joins="", other=f"'{DEDUCTIONS}'"
)
_PEOPLE = _SWEEP.format(
    payee="COALESCE(settled.person_id::text, claim.payee_id::text, linked.person_id::text, failed_payee)",
    joins="""
  LEFT JOIN settlements AS settled ON settled.id = due.settlement_id
  LEFT JOIN relapse_claims AS claim ON due.reference = 'relapse_claim/' || claim.id
  LEFT JOIN card_due_persons AS linked ON linked.reference = due.reference
""",
    year="split_part(account, ':', 3)::smallint",
    other="COALESCE(original_kind, kind)",
)
_GATHERED = """
SELECT payee, part, count(*), sum(amount_fen)::bigint FROM payment_item_transfers
WHERE batch_id = $1 GROUP BY payee, part ORDER BY payee, min(transfer_no)
"""
_ACCOUNTS = """
SELECT account.payee, account.id, shared.account_index IS NOT NULL
FROM payee_accounts AS account LEFT JOIN (
  SELECT account_index FROM payee_accounts WHERE state = 'active'
  GROUP BY account_index HAVING count(DISTINCT payee) > 1
) AS shared ON shared.account_index = account.account_index
WHERE account.county_code = $1 AND account.payee = ANY($2::text[]) AND account.state = 'active'
"""
_ADVANCES = """
SELECT advance.facility_code, advance.item_id,
  item.amount_fen - COALESCE((SELECT sum(used.amount_fen) FROM payment_set_offs AS used
                              WHERE used.advance_item_id = advance.item_id AND used.held), 0)::bigint,
  advance.rule, advance.instalment_fen, advance.rate_bp
FROM payment_advances AS advance JOIN payment_items AS item ON item.id = advance.item_id
WHERE advance.county_code = $1 AND advance.first_on <= $2 AND item.state = 'paid'
ORDER BY item.decided_on, item.id
"""
_ADD_ITEMS = """
INSERT INTO payment_items (id, batch_id, no, county_code, payee_kind, payee, state, gross_fen, set_off_fen,
                           amount_fen, parts, account_id, shared_account, replaces)
SELECT id, $1, no, $2, $3, payee, state, gross_fen, set_off_fen, gross_fen - set_off_fen, parts::jsonb,
       account_id, shared_account, replaces
FROM unnest($4::uuid[], $5::integer[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::text[],
            $11::uuid[], $12::boolean[], $13::uuid[])
  AS new (id, no, payee, state, gross_fen, set_off_fen, parts, account_id, shared_account, replaces)
"""
_ADD_SET_OFFS = """
INSERT INTO payment_set_offs (advance_item_id, item_id, county_code, amount_fen, held)
SELECT advance, item, $1, amount_fen, true FROM unnest($2::uuid[], $3::uuid[], $4::bigint[])
  AS new (advance, item, amount_fen)
"""
_ADD_ADVANCES = """
INSERT INTO payment_advances (item_id, county_code, facility_code, rule, instalment_fen, rate_bp, first_on)
SELECT item_id, $1, facility_code, rule, instalment_fen, rate_bp, first_on
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::integer[], $7::date[])
  AS new (item_id, facility_code, rule, instalment_fen, rate_bp, first_on)
"""
_HOLD_FAILED = f"""
INSERT INTO payment_item_transfers (batch_id, transfer_no, county_code, payee, part, year, amount_fen, held)
SELECT $1, back.no, back.county_code, failed.payee, '{RETURNED}',
  CASE WHEN back.credit_account ^@ 'card_due:' THEN split_part(back.credit_account, ':', 3)::smallint
       ELSE back.year END, back.amount_fen, true
FROM payment_items AS failed JOIN transfers AS paid ON paid.reference = 'payment_item/' || failed.id
  AND paid.kind = '{PAYMENT}'
JOIN transfers AS back ON back.reverses = paid.no
WHERE failed.id = ANY($2::uuid[])
"""
_RELEASE = f"""
WITH items AS (
  SELECT id, payee, replaces FROM payment_items WHERE batch_id = $1 AND ($2 OR state <> ALL($3::text[]))
), transfers AS (
  UPDATE payment_item_transfers AS kept SET held = false FROM items
  WHERE kept.batch_id = $1 AND kept.payee = items.payee AND held
), set_offs AS (
  UPDATE payment_set_offs AS used SET held = false FROM items WHERE used.item_id = items.id AND held
)
UPDATE payment_items AS failed SET state = CASE
  WHEN EXISTS (SELECT 1 FROM payment_returns AS back WHERE back.item_id = failed.id) THEN '{BANK_RETURNED}'
  ELSE '{FAILED}' END FROM items
WHERE failed.id = items.replaces AND failed.state = '{RETRIED}'
"""
# A month of a large county may take longer than a request usually may. Its rows are new to the statistics: a
# plan that expects few would compare everything with everything.
_LOCK = """
SELECT pg_advisory_xact_lock(hashtextextended($1, 0)), set_config('statement_timeout', '300000', true),
  set_config('enable_nestloop', 'off', true)
"""


class Gathered(NamedTuple):
    """What a payee's transfers of one part come to."""

    payee: str
    part: str
    transfers: int
    amount_fen: Fen


class Account(NamedTuple):
    """The account in force of a payee, and whether another payee has the same."""

    id: UUID
    shared: bool


class NewItem(NamedTuple):
    """A payee's line of a new batch."""

    id: UUID
    no: int
    payee: str
    state: str
    gross_fen: Fen
    set_off_fen: Fen
    parts: Sequence[tuple[str, int, Fen]]
    account_id: UUID | None
    shared_account: bool
    replaces: UUID | None = None


class NewAdvance(NamedTuple):
    """How an advance is to be set off."""

    item_id: UUID
    facility_code: str
    rule: str
    instalment_fen: Fen | None
    rate_bp: BasisPoints | None
    first_on: object


async def lock_county(session: AsyncSession, county_code: str) -> None:
    """One batch of a county is put together at a time: the next sees what the one before holds."""
    await (await raw(session)).execute(_LOCK, f"payments {county_code}")


async def sweep(
    session: AsyncSession, batch_id: UUID, county_code: str, kind: str, before: datetime
) -> tuple[int, Fen]:
    """Hold every transfer that is due and booked before a moment; count and sum of those that name nobody."""
    statement, prefix = (_PEOPLE, "card_due:") if kind == CARD else (_PROVIDERS, "provider_due:")
    # On a person's account the kinds themselves say more.
    adjusting = [] if kind == CARD else list(_ADJUSTING)
    row = await (await raw(session)).fetchrow(
        statement, batch_id, county_code, prefix, before, list(OWN_KINDS), adjusting
    )
    return (row[0], row[1]) if row else (0, 0)


async def hold_failed(session: AsyncSession, batch_id: UUID, item_ids: Sequence[UUID]) -> None:
    """Hold what came back of failed items, to be paid again."""
    await (await raw(session)).execute(_HOLD_FAILED, batch_id, list(item_ids))


async def gathered(session: AsyncSession, batch_id: UUID) -> list[Gathered]:
    """What a new batch holds, by payee and part."""
    return [Gathered(*row) for row in await (await raw(session)).fetch(_GATHERED, batch_id)]


async def accounts_of(session: AsyncSession, county_code: str, payees: Sequence[str]) -> dict[str, Account]:
    """The accounts in force of these payees."""
    rows = await (await raw(session)).fetch(_ACCOUNTS, county_code, list(payees))
    return {row[0]: Account(row[1], row[2]) for row in rows}


async def open_advances(session: AsyncSession, county_code: str, through: object) -> dict[str, list[Advance]]:
    """Advances that the bank has paid and that are not set off altogether, oldest first, by provider."""
    found: dict[str, list[Advance]] = {}
    for facility_code, *advance in await (await raw(session)).fetch(_ADVANCES, county_code, through):
        if advance[1] > 0:
            found.setdefault(facility_code, []).append(Advance(*advance))
    return found


async def add_items(
    session: AsyncSession, batch_id: UUID, county_code: str, payee_kind: str, items: Sequence[NewItem]
) -> None:
    """Store the lines of a new batch."""
    rows = [item._replace(parts=json.dumps(item.parts)) for item in items]  # type: ignore[arg-type]  # as text
    columns = [list(column) for column in zip(*rows, strict=True)]
    await (await raw(session)).execute(_ADD_ITEMS, batch_id, county_code, payee_kind, *columns)


async def add_set_offs(
    session: AsyncSession, county_code: str, rows: Sequence[tuple[UUID, UUID, Fen]]
) -> None:
    """Store what of which advance is set off in which item."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    if columns:
        await (await raw(session)).execute(_ADD_SET_OFFS, county_code, *columns)


async def add_advances(session: AsyncSession, county_code: str, advances: Sequence[NewAdvance]) -> None:
    """Store how advances are to be set off."""
    columns = [list(column) for column in zip(*advances, strict=True)]
    await (await raw(session)).execute(_ADD_ADVANCES, county_code, *columns)


async def release(session: AsyncSession, batch_id: UUID, *, everything: bool) -> None:
    """Give back what a batch holds for items that are not paid with it, or for all of them."""
    await (await raw(session)).execute(_RELEASE, batch_id, everything, list(HOLDING))
