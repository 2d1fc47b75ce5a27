"""The statements of the guards: claiming what a settlement needs to itself, and giving it back."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[Any]"


class Claimed(NamedTuple):
    """What one settlement may have to itself; the columns of the type ``claimed_visit``."""

    facility_code: str
    visit_no: str
    settlement_id: UUID
    content_digest: bytes
    division_code: str
    person_id: UUID
    first_half_day: int | None
    end_half_day: int | None
    invoice_no: str | None


class Used(NamedTuple):
    """A share of an item's limit of a day; the columns of the type ``item_use``."""

    settlement_id: UUID
    item_code: str
    person_id: UUID
    day: date
    division_code: str
    quantity_milli: int
    limit_milli: int


class Claim(NamedTuple):
    """What came of one settlement's claim: whether all was free, and what was not."""

    free: bool
    stay_overlaps: bool
    invoice_taken: bool
    item_over_limit: str | None


# Whatever another transaction is about to claim is waited for; so of several that want the same, one gets it,
# whoever can see whose rows. Stays, invoices and items come before visit numbers, in every transaction.
# A number whose settlement is reversed may be taken again for other content; what was settled under it before
# is not forgotten.
# A membership test in "IS TRUE" or "OR" is made by hash; a join would compare every row with every other.
_CLAIM = """
WITH stayed AS (
  INSERT INTO stays (settlement_id, person_id, facility_code, division_code, half_days)
  SELECT settlement_id, person_id, facility_code, division_code, int4range(first_half_day, end_half_day)
  FROM unnest($1::claimed_visit[]) WITH ORDINALITY AS wanted (
    facility_code, visit_no, settlement_id, content_digest, division_code, person_id,
    first_half_day, end_half_day, invoice_no, no)
  WHERE first_half_day IS NOT NULL ORDER BY person_id, no
  ON CONFLICT DO NOTHING RETURNING settlement_id
), invoiced AS (
  INSERT INTO settlement_invoices (facility_code, invoice_no, settlement_id, division_code)
  SELECT facility_code, invoice_no, settlement_id, division_code
  FROM unnest($1::claimed_visit[]) WHERE invoice_no IS NOT NULL ORDER BY facility_code, invoice_no
  ON CONFLICT (facility_code, invoice_no) DO NOTHING RETURNING settlement_id
), counted AS (
  INSERT INTO item_days AS stored (person_id, item_code, day, division_code, quantity_milli, limit_milli)
  SELECT person_id, item_code, day, division_code, quantity_milli, limit_milli
  FROM unnest($2::item_use[]) ORDER BY person_id, item_code, day, division_code
  ON CONFLICT (person_id, item_code, day, division_code) DO UPDATE
    SET quantity_milli = stored.quantity_milli + excluded.quantity_milli, limit_milli = excluded.limit_milli
    WHERE stored.quantity_milli + excluded.quantity_milli <= excluded.limit_milli
  RETURNING person_id, item_code, day
), used AS (
  INSERT INTO item_uses (settlement_id, item_code, person_id, day, division_code, quantity_milli)
  SELECT settlement_id, item_code, person_id, day, division_code, quantity_milli FROM unnest($2::item_use[])
  WHERE ((person_id, item_code, day) IN (SELECT person_id, item_code, day FROM counted)) IS TRUE
  RETURNING settlement_id, item_code
), unhindered AS (
  SELECT facility_code, visit_no, settlement_id, content_digest, division_code
  FROM unnest($1::claimed_visit[])
  WHERE (first_half_day IS NULL OR settlement_id IN (SELECT settlement_id FROM stayed))
    AND (invoice_no IS NULL OR settlement_id IN (SELECT settlement_id FROM invoiced))
    AND (settlement_id IN (
      SELECT settlement_id FROM unnest($2::item_use[])
      WHERE ((settlement_id, item_code) IN (SELECT settlement_id, item_code FROM used)) IS NOT TRUE
    )) IS NOT TRUE
  ORDER BY facility_code, visit_no
), first_taken AS (
  INSERT INTO visits (facility_code, visit_no, settlement_id, content_digest, division_code)
  SELECT facility_code, visit_no, settlement_id, content_digest, division_code FROM unhindered
  ON CONFLICT (facility_code, visit_no) DO NOTHING
  RETURNING settlement_id
), taken_again AS (
  UPDATE visits AS stored SET
    settlement_id = new.settlement_id, content_digest = new.content_digest,
    division_code = new.division_code, reversed = false,
    earlier_settlements = COALESCE(stored.earlier_settlements, '{}') || stored.settlement_id,
    earlier_digests = COALESCE(stored.earlier_digests, '{}') || stored.content_digest
  FROM unhindered AS new
  WHERE stored.facility_code = new.facility_code AND stored.visit_no = new.visit_no AND stored.reversed
    AND stored.content_digest <> new.content_digest
    AND new.content_digest <> ALL (COALESCE(stored.earlier_digests, '{}'))
  RETURNING stored.settlement_id
), claimed AS (
  SELECT settlement_id FROM first_taken UNION ALL SELECT settlement_id FROM taken_again
)
SELECT settlement_id, 'visit' AS what FROM claimed
UNION ALL SELECT settlement_id, 'stay' FROM stayed
UNION ALL SELECT settlement_id, 'invoice' FROM invoiced
UNION ALL SELECT settlement_id, item_code FROM used
"""


async def claim(
    connection: Connection,
    visits: Sequence[Claimed],
    uses: Sequence[Used],
) -> dict[UUID, Claim]:
    """Claim visit numbers with stays, invoices and shares of daily limits; the outcome by settlement id.

    No two of the ``uses`` may be of one person, item and day. What a settlement that is not ``free`` did get
    must be given back with ``release``.
    """
    given = {tuple(row) for row in await connection.fetch(_CLAIM, visits, uses)}
    refused = {
        use.settlement_id: use.item_code
        for use in reversed(uses)
        if (use.settlement_id, use.item_code) not in given
    }
    return {
        id_: Claim(
            (id_, "visit") in given,
            visit.first_half_day is not None and (id_, "stay") not in given,
            visit.invoice_no is not None and (id_, "invoice") not in given,
            refused.get(id_),
        )
        for id_, visit in ((visit.settlement_id, visit) for visit in visits)
    }


_RELEASE = """
WITH left_bed AS (
  DELETE FROM stays WHERE settlement_id = ANY($1::uuid[])
), left_invoice AS (
  DELETE FROM settlement_invoices WHERE settlement_id = ANY($1::uuid[])
), given_back AS (
  DELETE FROM item_uses WHERE settlement_id = ANY($1::uuid[])
  RETURNING person_id, item_code, day, division_code, quantity_milli
)
UPDATE item_days AS stored SET quantity_milli = stored.quantity_milli - given_back.quantity_milli
FROM (
  SELECT person_id, item_code, day, division_code, sum(quantity_milli)::bigint AS quantity_milli
  FROM given_back GROUP BY 1, 2, 3, 4
) AS given_back
WHERE (stored.person_id, stored.item_code, stored.day, stored.division_code)
  = (given_back.person_id, given_back.item_code, given_back.day, given_back.division_code)
"""


async def release(connection: Connection, settlement_ids: Sequence[UUID]) -> None:
    """Give back what settlements had to themselves: their days, invoices and shares of daily limits."""
    await connection.execute(_RELEASE, list(settlement_ids))
