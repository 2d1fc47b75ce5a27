"""Looking at payment batches, and what all actions on them share."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.funds import special_account
from services.claims.payments import repository, rules
from services.claims.payments.problems import PAYMENT_STATE
from services.claims.payments.repository import Batch, Held, Item
from services.claims.payments.schemas import (
    BatchReply,
    BatchSummary,
    CountSum,
    HeldReply,
    ItemReply,
    Means,
    PartReply,
    StepReply,
)
from services.claims.problems import OUTSIDE_JURISDICTION
from shared.auth import Caller
from shared.money import Fen
from shared.money_words import yuan_in_words
from shared.problems import NOT_FOUND, Problem


class Office(NamedTuple):
    """Who acts, when, in which transaction."""

    session: AsyncSession
    caller: Caller
    now: datetime

    def governs(self, county: str) -> None:
        """A Problem for a county outside the caller's jurisdiction."""
        if not self.caller.governs(county):
            raise Problem(OUTSIDE_JURISDICTION, pointer="/county", division_code=county)


def message_id(batch: Batch) -> str:
    """How the bank's files name a batch (MsgId, at most 35 characters)."""
    return batch.id.hex


async def take(office: Office, batch_id: UUID, action: str) -> Batch:
    """The batch, locked, in a state in which the action may happen."""
    batch = await repository.lock(office.session, batch_id)
    if batch is None:
        raise Problem(NOT_FOUND)
    if batch.state not in rules.ALLOWED[action]:
        allowed = "、".join(rules.ALLOWED[action])
        raise Problem(PAYMENT_STATE, state=batch.state, action=action, allowed=allowed)
    return batch


async def done(
    office: Office, batch: Batch, action: str, changes: Mapping[str, Any], details: Mapping[str, Any]
) -> BatchReply:
    """Store what an action changed of the batch, and remember the action."""
    after = batch._replace(**changes)
    if changes:
        await repository.change(office.session, batch.id, changes)
    await repository.add_step(office.session, after, action, office.now, office.caller.subject, details)
    return await reply(office.session, after)


async def get(session: AsyncSession, batch_id: UUID) -> BatchReply:
    """One batch; a Problem where the caller sees none."""
    return await reply(session, await known(session, batch_id))


async def known(session: AsyncSession, batch_id: UUID) -> Batch:
    """One batch as stored; a Problem where the caller sees none."""
    batch = await repository.get(session, batch_id)
    if batch is None:
        raise Problem(NOT_FOUND)
    return batch


async def page(
    session: AsyncSession,
    county: str | None,
    kind: str | None,
    state: str | None,
    after: UUID | None,
    limit: int,
) -> list[BatchSummary]:
    """Batches in the order in which they were prepared."""
    return [_summary(each) for each in await repository.page(session, county, kind, state, after, limit)]


async def items(
    session: AsyncSession,
    batch_id: UUID,
    state: str | None,
    after: int,
    limit: int,
    item_id: UUID | None = None,
) -> list[ItemReply]:
    """Lines of a batch in their order; a Problem where the caller sees no batch."""
    await known(session, batch_id)
    states = [state] if state else None
    found = await repository.items(session, batch_id, states, after, limit, item_id)
    return [_item(each) for each in found]


async def held(session: AsyncSession, batch_id: UUID, no: int, after: int, limit: int) -> list[HeldReply]:
    """The transfers behind one line, in booking order."""
    await known(session, batch_id)
    return [_held(each) for each in await repository.held(session, batch_id, no, after, limit)]


async def reply(session: AsyncSession, batch: Batch) -> BatchReply:
    """A batch with its totals and its history."""
    sums = await repository.sums(session, batch.id)
    paying = [each for each in sums if each.state in (rules.PAYABLE, *rules.WENT_TO_THE_BANK)]
    payable = sum(each.amount_fen for each in paying)
    return BatchReply(
        **_summary(batch).model_dump(),
        message_id=message_id(batch),
        items=[CountSum(state=each.state, count=each.items, amount=each.amount_fen) for each in sums],
        payable=payable,
        payable_count=sum(each.items for each in paying),
        payable_words=yuan_in_words(payable),
        means=await _means(session, batch, payable),
        unassigned=batch.unassigned,
        unassigned_amount=batch.unassigned_fen,
        steps=[
            StepReply(
                action=step.action, state=step.state, at=step.at, by=step.by, details=json.loads(step.details)
            )
            for step in await repository.steps(session, batch.id)
        ],
    )


async def _means(session: AsyncSession, batch: Batch, payable: Fen) -> Means | None:
    """Whether the special account can pay what is prepared."""
    if batch.state != rules.PREPARED:
        return None
    stands = await special_account.stands(session, batch.county_code)
    return Means(
        balance=stands.balance_fen,
        promised=stands.promised_fen,
        available=stands.available_fen,
        missing=stands.lacks(payable),
    )


def _summary(batch: Batch) -> BatchSummary:
    names = ("id", "kind", "state", "through", "retry_of", "prepared_at", "prepared_by", "approved_at")
    return BatchSummary(
        **{name: getattr(batch, name) for name in (*names, "approved_by", "exported_at")},
        county=batch.county_code,
        digest=batch.file_digest.hex() if batch.file_digest else None,
    )


def _item(item: Item) -> ItemReply:
    names = (
        "id",
        "no",
        "payee_kind",
        "payee",
        "state",
        "shared_account",
        "replaces",
        "failure",
        "decided_on",
        "returned_on",
    )
    parts: Sequence[tuple[str, int, int]] = json.loads(item.parts)
    return ItemReply(
        **{name: getattr(item, name) for name in names},
        parts=[PartReply(part=part, count=count, amount=fen) for part, count, fen in parts],
        gross=item.gross_fen,
        set_off=item.set_off_fen,
        amount=item.amount_fen,
        account=item.account_masked,
    )


def _held(row: Held) -> HeldReply:
    values = row._asdict()
    return HeldReply(amount=values.pop("amount_fen"), **values)
