"""The job that attributes what funds pay to the deposits they pay it from, behind the settlements' back.

It reads transfers that are committed, in the order of their numbers, and adds; settling knows nothing of it.
What it has taken is written in the same transaction as what it made of it, so that a run that dies leaves
nothing, and of two runs at once one waits for its next turn.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.funds import lineage_repository as repository
from services.claims.funds.allocation import (
    DEPOSIT,
    RETURN,
    REVERSAL,
    UNFUNDED,
    Fund,
    Movement,
    in_order,
)
from services.claims.funds.data import fund_rules
from services.claims.funds.lineage_repository import AllocationRow, Behind, Connection, StepRow
from services.claims.funds.movements import FundKey, Transfer, touched
from shared import failpoints
from shared.clock import Clock
from shared.db import Sessions, raw

EVERY_SECONDS: Final = 10
BATCH: Final = 2_000
MAX_BATCHES: Final = 500
_NO_FUND: Final = FundKey("", 0, "")
_NO_MONEY: Final = "none"
_Funds = dict[FundKey, list[Movement]]


async def attribute_new(sessions: Sessions, clock: Clock) -> None:
    """Attribute every transfer that is not yet; what another process is attributing is left to it."""
    after = 0
    for _ in range(MAX_BATCHES):
        async with sessions.begin() as session:
            last = await attribute_batch(session, after, BATCH)
        if last is None:
            return
        after = last


async def attribute_batch(session: AsyncSession, after: int, limit: int) -> int | None:
    """Attribute up to so many transfers; the number behind which there are more, if there are."""
    if not await repository.lock(session):
        return None
    connection = await raw(session)
    behind = await repository.behind(connection)
    transfers = await repository.next_transfers(connection, max(behind.first_no, after), limit)
    if len(transfers) < limit:
        await _looked(connection, behind, whole=not after)
    if transfers:
        await _take(connection, transfers)
        failpoints.reach("earmarks.before_commit")
    return transfers[limit - 1].no if len(transfers) >= limit else None


async def _looked(connection: Connection, behind: Behind, *, whole: bool) -> None:
    """Remember a search; one that began where it should may leave behind what is settled."""
    next_no = max(behind.settled_no, behind.first_no) if whole else behind.first_no
    if behind.highest_no != behind.looked_at_no or next_no != behind.first_no:
        await repository.looked(connection, behind.highest_no, next_no)


async def _take(connection: Connection, transfers: Sequence[Transfer]) -> None:
    funds: _Funds = defaultdict(list)
    position = await repository.last_position(connection)
    steps = []
    for transfer in transfers:
        found = touched(transfer)
        for key, movement in found:
            funds[key].append(movement)
        if not found:
            position += 1
            steps.append(_nothing(position, transfer))
    await repository.add_steps(connection, _NO_FUND, steps)
    for key, movements in sorted(funds.items()):
        ordered = in_order(movements)
        steps = [
            StepRow(no, each.no, each.kind, each.amount_fen, each.use_no, each.reverses, each.earmark)
            for no, each in enumerate(ordered, position + 1)
        ]
        await repository.add_steps(connection, key, steps)
        await _attribute(connection, key, ordered, position)
        position += len(ordered)


def _nothing(position: int, transfer: Transfer) -> StepRow:
    """A due is no money: the transfer is remembered as looked at, and belongs to no fund's lineage."""
    return StepRow(position, transfer.no, _NO_MONEY, transfer.amount_fen, transfer.no, None, "")


async def _attribute(
    connection: Connection, key: FundKey, movements: Sequence[Movement], position: int
) -> None:
    """Record what movements of one fund lead to, and keep deposits and unfunded money up to date."""
    fund = await _load(connection, key, movements)
    before = {no: (each.left_fen, each.withdrawn) for no, each in fund.deposits.items()}
    rows, arrived, unfunded = [], dict[int, int](), 0
    for no, (movement, entries) in enumerate(fund.apply(movements), position + 1):
        if movement.no in fund.deposits:
            arrived[movement.no] = no
        rows += [AllocationRow(no, *entry) for entry in entries]
        unfunded += sum(entry.amount_fen for entry in entries if entry.deposit_no == UNFUNDED)
    changed = [
        (arrived.get(no, 0), each)
        for no, each in fund.deposits.items()
        if before.get(no) != (each.left_fen, each.withdrawn)
    ]
    await repository.add_allocations(connection, key, rows)
    await repository.keep(connection, key, changed, unfunded)


async def _load(connection: Connection, key: FundKey, movements: Sequence[Movement]) -> Fund:
    """The fund as far as these movements can touch it."""
    rule, unfunded = await repository.standing(
        connection, key, fund_rules().rule_of(key.payer, key.county_code)
    )
    fund = Fund(rule)
    fund.deposits = {each.no: each for each in await repository.deposits(connection, key)}
    uses = {each.use_no for each in movements if each.kind in (RETURN, REVERSAL)}
    withdrawn = [each.reverses for each in movements if each.reverses in fund.deposits]
    if withdrawn:
        uses |= await repository.paid_by(connection, [no for no in withdrawn if no is not None])
    if unfunded:
        incoming = sum(each.amount_fen for each in movements if each.kind in (DEPOSIT, RETURN, REVERSAL))
        free = incoming + sum(each.left_fen for each in fund.deposits.values())
        # Without money nothing waiting can be made good, however much of it there is.
        uses |= await repository.oldest_unfunded(connection, key, free) if free else set()
    if uses:
        fund.remember(await repository.held(connection, key, uses))
    return fund
