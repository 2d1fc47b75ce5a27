"""What the pool says to a payout."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.benefits.relapse import RelapseInsurance
from services.claims.benefits.relapse_policy import REFUSE, beyond
from services.claims.ledger import service as ledger
from services.claims.relapse_pool import repository
from services.claims.relapse_pool.problems import POOL_EMPTY
from shared.money import Fen, format_yuan
from shared.problems import Problem


async def beyond_pool(
    session: AsyncSession, insurance: RelapseInsurance, county_code: str, year: int, payout_fen: Fen
) -> Fen:
    """How much of a payout the pool does not hold; a Problem where the pack then refuses.

    Holds the pool until the transaction ends, so that two payouts never count on the same money. Nothing
    where the pack knows no policy: then nobody has said what the pool should hold.
    """
    policy = insurance.policy
    if policy is None:
        return 0
    await repository.hold_pool(session, county_code, year)
    paid_out, received = await ledger.pool(session, insurance.payer, county_code, year)
    missing = beyond(received - paid_out, payout_fen)
    if missing and policy.when_empty == REFUSE:
        raise Problem(
            POOL_EMPTY,
            year=year,
            balance=format_yuan(received - paid_out),
            payout=format_yuan(payout_fen),
            clause=policy.empty_rule.clause,
        )
    return missing
