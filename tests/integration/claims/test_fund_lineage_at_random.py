"""Whatever happens to a fund, in batches of any size: the stored lineage is that of its order from zero."""

import random
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.claims.funds.lineage import attribute_batch
from services.claims.funds.replay import verify_earmarks
from services.claims.verification.funds_repository import FUND_CHECKS
from tests.integration.claims.conftest import World

pytestmark = pytest.mark.integration
FUND, DUE, BANK = "fund:{}:990101:2026", "provider_due:H99010100001", "bank:990101"
_BOOK = text(
    "INSERT INTO transfers (booked_at, county_code, year, facility_code, kind, debit_account, credit_account,"
    " amount_fen, settlement_id, reference) VALUES (now(), '990101', 2026, '', :kind, :debit, :credit,"
    " :amount, CAST(:settlement AS uuid), :reference)"
)
_MIRROR = text(
    "INSERT INTO transfers (booked_at, county_code, year, facility_code, kind, debit_account, credit_account,"
    " amount_fen, settlement_id, reference, reverses) SELECT now(), county_code, year, '', 'reversal',"
    " credit_account, debit_account, amount_fen, settlement_id, reference, no FROM transfers AS old"
    " WHERE reference = :reference AND reverses IS NULL ORDER BY no"
)


class Books:
    """Books movements of two funds at random, each possible where it stands."""

    def __init__(self, world: World, draw: random.Random) -> None:
        self.world, self.draw = world, draw
        self.uses: dict[str, tuple[str, int]] = {}
        self.deposits: list[str] = []

    async def step(self) -> None:
        """One transaction."""
        kinds = ["deposit", "use", "use", "use", *["decrease", "reverse"] * bool(self.uses)]
        kinds += ["withdraw"] * (len(self.deposits) > 2)
        async with self.world.platform.worker_session("claims") as session:
            await getattr(self, self.draw.choice(kinds))(session)

    async def _book(
        self, session: Any, kind: str, sides: tuple[str, str], amount: int, id_: str, *, bill: bool = True
    ) -> None:
        row = {"kind": kind, "debit": sides[0], "credit": sides[1], "amount": amount, "reference": id_}
        await session.execute(_BOOK, {**row, "settlement": id_ if bill else None})

    def _fund(self) -> str:
        return FUND.format(self.draw.choice(["basic_insurance", "medical_assistance"]))

    async def deposit(self, session: Any) -> None:
        """Money without a settlement."""
        id_, source = str(uuid4()), self.draw.choice(["central", "county", "donation"])
        await self._book(session, source, (BANK, self._fund()), self.draw.randint(1, 5_000), id_, bill=False)
        self.deposits.append(id_)

    async def use(self, session: Any) -> None:
        """A bill."""
        id_, fund, amount = str(uuid4()), self._fund(), self.draw.randint(2, 2_000)
        await self._book(session, "payer", (fund, DUE), amount, id_)
        self.uses[id_] = (fund, amount)

    async def decrease(self, session: Any) -> None:
        """A smaller amount, or a larger one."""
        id_ = self.draw.choice(list(self.uses))
        fund, amount = self.uses[id_]
        by = self.draw.randint(1, amount)
        if self.draw.random() < 0.3:
            await self._book(session, "payer_increase", (fund, DUE), by, id_)
            self.uses[id_] = (fund, amount + by)
        elif by < amount:
            await self._book(session, "payer_decrease", (DUE, fund), by, id_)
            self.uses[id_] = (fund, amount - by)

    async def reverse(self, session: Any) -> None:
        """A bill taken back."""
        id_ = self.draw.choice(list(self.uses))
        del self.uses[id_]
        await session.execute(_MIRROR, {"reference": id_})

    async def withdraw(self, session: Any) -> None:
        """Money taken back."""
        id_ = self.deposits.pop(self.draw.randrange(len(self.deposits)))
        await session.execute(_MIRROR, {"reference": id_})


@pytest.mark.parametrize("seed", [1, 2])
async def test_any_history_in_any_batches_is_that_of_its_order(world: World, seed: int) -> None:
    draw = random.Random(seed)
    books = Books(world, draw)
    for _ in range(120):
        await books.step()
        if draw.random() < 0.4:
            async with world.platform.worker_session("claims") as session:
                await attribute_batch(session, 0, draw.randint(1, 9))
    more: int | None = 0
    while more is not None:
        async with world.platform.worker_session("claims") as session:
            more = await attribute_batch(session, more, 7)
    report = await verify_earmarks(world.platform.worker_url("claims"))
    assert report.difference is None
    assert report.entries > 100
    for name, statement in FUND_CHECKS.items():
        assert await world.rows(statement) == [], name
