"""Two statements that say how a county's funds stand, under the caller's row-level security."""

from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import raw
from shared.money import Fen


class Flow(NamedTuple):
    """What went in and out of an account in one way. Reversals carry the kind of what they reverse."""

    account: str
    """Without county and year; of accounts kept by provider the kind only."""
    in_year: bool
    kind: str
    other: str
    """Kind of the account on the other side."""
    of_settlements: bool
    source: str | None
    """Whose money a receipt is, by the operation that booked it."""
    debits_fen: Fen
    credits_fen: Fen
    reversed_debits_fen: Fen
    """Of the credits, those that take debits back."""
    reversed_credits_fen: Fen

    @property
    def net_fen(self) -> Fen:
        """Credits − debits."""
        return self.credits_fen - self.debits_fen


_FLOWS = """
WITH side AS (
  SELECT debit_account AS account, credit_account AS other, year, kind, settlement_id, reverses, reference,
         amount_fen AS debit_fen, 0 AS credit_fen
  FROM transfers
  WHERE county_code = $1 AND (year = $2 OR debit_account ^@ 'bank:' OR credit_account ^@ 'bank:')
  UNION ALL
  SELECT credit_account, debit_account, year, kind, settlement_id, reverses, reference, 0, amount_fen
  FROM transfers
  WHERE county_code = $1 AND (year = $2 OR debit_account ^@ 'bank:' OR credit_account ^@ 'bank:')
), named AS (
  SELECT CASE WHEN split_part(account, ':', 1) IN ('fund', 'financing_due')
              THEN split_part(account, ':', 1) || ':' || split_part(account, ':', 2)
              ELSE split_part(account, ':', 1) END AS account,
         split_part(other, ':', 1) AS other, year = $2 AS in_year, kind, reverses, reference,
         settlement_id IS NOT NULL AS of_settlements, debit_fen, credit_fen
  FROM side
  WHERE split_part(account, ':', 1)
    IN ('fund', 'financing_due', 'risk_reserve', 'outpatient_account', 'provider_due', 'bank')
)
SELECT named.account, named.in_year, COALESCE(original.kind, named.kind), named.other, named.of_settlements,
       operation.source, sum(debit_fen)::bigint, sum(credit_fen)::bigint,
       COALESCE(sum(credit_fen) FILTER (WHERE named.reverses IS NOT NULL), 0)::bigint,
       COALESCE(sum(debit_fen) FILTER (WHERE named.reverses IS NOT NULL), 0)::bigint
FROM named LEFT JOIN transfers AS original ON original.no = named.reverses
LEFT JOIN fund_operations AS operation ON operation.id =
  CASE WHEN COALESCE(original.kind, named.kind) = 'receipt'
       THEN substr(COALESCE(original.reference, named.reference), 16)::uuid END
GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
"""
_HELD = """
SELECT payer, count(*), sum(amount_fen)::bigint FROM holds WHERE county_code = $1 AND year = $2 GROUP BY payer
"""


async def flows(session: AsyncSession, county_code: str, year: int) -> list[Flow]:
    """What moved on the accounts of a county's funds in a year, and on its bank account in all years."""
    return [Flow(*row) for row in await (await raw(session)).fetch(_FLOWS, county_code, year)]


async def held(session: AsyncSession, county_code: str, year: int) -> dict[str, tuple[int, Fen]]:
    """Open visits and what is held for them, by payer."""
    rows = await (await raw(session)).fetch(_HELD, county_code, year)
    return {payer: (visits, amount) for payer, visits, amount in rows}
