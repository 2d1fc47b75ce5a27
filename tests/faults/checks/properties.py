"""Properties that one query can refute: each query gives the rows that should not be there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[Any]"


@dataclass(frozen=True, slots=True)
class Property:
    """A sentence about the data, and the query for what contradicts it."""

    sentence: str
    counterexamples: str


async def violations(connection: Connection, properties: Sequence[Property]) -> list[str]:
    """One line per property that does not hold, with the first counterexamples."""
    found = []
    for each in properties:
        rows = await connection.fetch(each.counterexamples)
        if rows:
            shown = "; ".join(str(dict(row)) for row in rows[:3])
            found.append(f"{each.sentence}: {len(rows)} counterexamples, such as {shown}")
    return found


EVERY_LOG: Sequence[Property] = (
    Property(
        "positions are 1, 2, 3 … in every partition",
        """
        SELECT * FROM (
          SELECT partition, position, row_number() OVER (PARTITION BY partition ORDER BY position) AS expected
          FROM event_log WHERE position IS NOT NULL
        ) AS numbered WHERE position <> expected
        """,
    ),
    Property("every event has a position", "SELECT seq, type FROM event_log WHERE position IS NULL"),
    Property(
        "the relay's heads are the ends of the log, and all of it is published",
        """
        SELECT head.partition, head.position, head.published_position, count(event.seq) AS events
        FROM relay_position AS head LEFT JOIN event_log AS event USING (partition)
        GROUP BY head.partition
        HAVING head.position <> count(event.seq) OR head.published_position <> head.position
        """,
    ),
    Property(
        "nothing is put aside",
        "SELECT source, partition, position, error FROM dead_letters WHERE state <> 'resolved'",
    ),
)
REGISTRY: Sequence[Property] = (
    Property(
        "a person's snapshots carry the versions 1, 2, 3 … in the order of their positions",
        """
        SELECT * FROM (
          SELECT data->>'person_id' AS person, (data->>'version')::bigint AS version, partition, position,
                 row_number() OVER (PARTITION BY data->>'person_id' ORDER BY position) AS expected
          FROM event_log WHERE type = 'registry.person_recorded.v1'
        ) AS numbered WHERE version <> expected
        """,
    ),
    Property(
        "the last snapshot of a person is the person's present version",
        """
        SELECT people.id, people.version, max((data->>'version')::bigint) AS announced
        FROM people LEFT JOIN event_log
          ON type = 'registry.person_recorded.v1' AND data->>'person_id' = people.id::text
        GROUP BY people.id
        HAVING people.version IS DISTINCT FROM max((data->>'version')::bigint)
        """,
    ),
)

CLAIMS: Sequence[Property] = (
    Property(
        "a visit is settled once",
        """
        SELECT facility_code, visit_no, count(*) AS n FROM current_settlements WHERE status = 'settled'
        GROUP BY facility_code, visit_no HAVING count(*) > 1
        """,
    ),
    Property(
        "visits and settlements belong together one to one",
        """
        SELECT visit.settlement_id AS claimed, settlements.id AS settled
        FROM (
          SELECT facility_code, visit_no, settlement_id FROM visits
          UNION ALL SELECT facility_code, visit_no, unnest(earlier_settlements) FROM visits
        ) AS visit FULL JOIN settlements ON settlements.id = visit.settlement_id
          AND (settlements.facility_code, settlements.visit_no) = (visit.facility_code, visit.visit_no)
        WHERE visit.settlement_id IS NULL OR settlements.id IS NULL
        """,
    ),
    Property(
        "the transfers of a settlement are its payers' amounts and the person's, each once",
        """
        WITH expected AS (
          SELECT settlement_id, 'payer' AS kind, amount_fen FROM settlement_payers
          UNION ALL
          SELECT id, 'person', person_pays_fen FROM settlements WHERE person_pays_fen > 0
        ), booked AS (
          SELECT settlement_id, kind, amount_fen FROM transfers
          WHERE settlement_id IS NOT NULL AND reverses IS NULL
        )
        SELECT 'not booked' AS what, missing.*
        FROM (SELECT * FROM expected EXCEPT ALL SELECT * FROM booked) AS missing
        UNION ALL
        SELECT 'booked too often', extra.*
        FROM (SELECT * FROM booked EXCEPT ALL SELECT * FROM expected) AS extra
        """,
    ),
    Property(
        "transfers of a settlement add up to its total",
        """
        SELECT settlements.id, total_fen, sum(transfers.amount_fen) AS booked
        FROM settlements
        LEFT JOIN transfers ON transfers.settlement_id = settlements.id AND transfers.reverses IS NULL
        GROUP BY settlements.id HAVING total_fen <> COALESCE(sum(transfers.amount_fen), 0)
        """,
    ),
    Property(
        "charges of a settlement add up to its total",
        """
        SELECT settlements.id, total_fen, sum(charge.amount_fen) AS charged
        FROM settlements LEFT JOIN settlement_charges AS charge ON charge.settlement_id = settlements.id
        GROUP BY settlements.id HAVING total_fen <> COALESCE(sum(charge.amount_fen), 0)
        """,
    ),
    Property(
        "accumulators are the sums of their movements",
        """
        SELECT person_id, year, kind, used_fen, moved
        FROM accumulators FULL JOIN (
          SELECT person_id, year, kind, sum(amount_fen) AS moved FROM accumulator_movements
          GROUP BY person_id, year, kind
        ) AS movements USING (person_id, year, kind)
        WHERE COALESCE(used_fen, 0) <> COALESCE(moved, 0)
        """,
    ),
    Property(
        "every movement, payer and transfer has its settlement",
        """
        SELECT settlement_id FROM (
          SELECT settlement_id FROM accumulator_movement_rows
          UNION SELECT settlement_id FROM settlement_payer_rows
          UNION SELECT settlement_id FROM transfers WHERE settlement_id IS NOT NULL
        ) AS mentioned LEFT JOIN settlements ON settlements.id = settlement_id WHERE settlements.id IS NULL
        """,
    ),
    Property(
        "a settlement is announced once, with its amounts",
        """
        SELECT settlements.id, count(event_log.seq) AS announced
        FROM settlements FULL JOIN event_log
          ON type = 'claims.claim_settled.v1' AND data->>'settlement_id' = settlements.id::text
          AND (data->>'total_fen')::bigint = total_fen
        WHERE type = 'claims.claim_settled.v1' OR type IS NULL
        GROUP BY settlements.id HAVING settlements.id IS NULL OR count(event_log.seq) <> 1
        """,
    ),
    Property(
        "what a bill costs a fund is attributed once, or not yet",
        """
        SELECT transfer_no, payer, taken.amount_fen, allocated.amount_fen AS allocated_fen
        FROM (SELECT transfer_no, payer, amount_fen FROM earmark_steps WHERE kind = 'use') AS taken
        FULL JOIN (
          SELECT transfer_no, payer, sum(amount_fen) AS amount_fen FROM earmark_allocations
          GROUP BY transfer_no, payer
        ) AS allocated USING (transfer_no, payer)
        WHERE COALESCE(allocated.amount_fen, 0) <> COALESCE(taken.amount_fen, 0)
          AND NOT EXISTS (SELECT 1 FROM earmark_steps AS other
                          WHERE other.transfer_no = allocated.transfer_no AND other.kind <> 'use')
        """,
    ),
    Property(
        "every explanation has its words",
        """
        SELECT settlements.id, step.basis FROM settlements
        CROSS JOIN LATERAL (SELECT item->>0 AS basis FROM json_array_elements(steps) AS item) AS step
        LEFT JOIN explanation_bases ON explanation_bases.id = step.basis
        WHERE explanation_bases.id IS NULL
        """,
    ),
)

SCREENING: Sequence[Property] = (
    Property(
        "every serial is where it was printed, in a hand or with a person, and nowhere else",
        """
        SELECT batch.id, batch.printed, COALESCE(held.n, 0) AS held, COALESCE(given.n, 0) AS given
        FROM (SELECT id, last_serial - first_serial + 1 AS printed FROM voucher_batches) AS batch
        LEFT JOIN (
          SELECT batch_id, sum(last_serial - first_serial + 1) AS n FROM holdings GROUP BY batch_id
        ) AS held ON held.batch_id = batch.id
        LEFT JOIN (
          SELECT batch_id, count(*) AS n FROM vouchers GROUP BY batch_id
        ) AS given ON given.batch_id = batch.id
        WHERE batch.printed <> COALESCE(held.n, 0) + COALESCE(given.n, 0)
        """,
    ),
    Property(
        "a check-up is paid for with two vouchers",
        """
        SELECT redemptions.id, count(vouchers.serial) AS vouchers
        FROM redemptions LEFT JOIN vouchers ON vouchers.redemption_id = redemptions.id
        GROUP BY redemptions.id HAVING count(vouchers.serial) <> 2
        """,
    ),
    Property(
        "a redeemed voucher is announced once",
        """
        SELECT vouchers.serial, count(event_log.seq) AS announced
        FROM vouchers LEFT JOIN event_log
          ON type = 'screening.voucher_redeemed.v1' AND (data->>'serial')::bigint = vouchers.serial
        GROUP BY vouchers.serial, redemption_id
        HAVING count(event_log.seq) <> (redemption_id IS NOT NULL)::int
        """,
    ),
    Property(
        "a hand-over is announced once",
        """
        SELECT handovers.id, count(event_log.seq) AS announced
        FROM handovers LEFT JOIN event_log
          ON type = 'screening.vouchers_handed_over.v1' AND data->>'handover_id' = handovers.id::text
        GROUP BY handovers.id HAVING count(event_log.seq) <> 1
        """,
    ),
)
