"""What a county's special account (财政专户) holds by the ledger, and what is promised of it already."""

from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.funds import repository
from services.claims.ledger import accounts
from shared.money import Fen


class SpecialAccount(NamedTuple):
    """Money received and not paid out, and approved payments that the bank has not confirmed."""

    balance_fen: Fen
    promised_fen: Fen

    @property
    def available_fen(self) -> Fen:
        """What may be promised; below zero where more was promised than there is."""
        return self.balance_fen - self.promised_fen

    def lacks(self, amount_fen: Fen) -> Fen:
        """What is missing to promise so much more; nothing when there is enough."""
        return max(amount_fen - self.available_fen, 0)


async def stands(session: AsyncSession, county_code: str) -> SpecialAccount:
    """How a county's special account stands, over all years."""
    bank, way = accounts.bank(county_code), accounts.in_payment(county_code)
    return SpecialAccount(*await repository.special_account(session, county_code, bank, way))


async def hold(session: AsyncSession, county_code: str) -> SpecialAccount:
    """The same, with everybody kept waiting who decides on this county's money, until the transaction ends.

    Nobody else can promise the money, take it back or give it to the upper level meanwhile.
    """
    await repository.lock_county(session, county_code)
    return await stands(session, county_code)
