"""What the feed reads: heads of the partitions, and a window of events after a cursor."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.messaging.positions import START, Positions

# A reader who may see little must not make the database search the whole log for one page.
WINDOW_PER_PARTITION = 5_000

_HEADS = text("SELECT partition, position FROM relay_position")
_PAGE = text("""
SELECT event.id, event.type, event.partition_key, event.partition, event.position, event.division_code,
       event.occurred_at, event.traceparent, event.data::text AS data
FROM unnest(CAST(:partitions AS smallint[]), CAST(:after AS bigint[]), CAST(:upto AS bigint[]))
     AS span (partition, after, upto)
CROSS JOIN LATERAL (
  SELECT id, type, partition_key, event_log.partition, position, division_code, occurred_at, traceparent,
         data, row_number() OVER (ORDER BY position) AS turn
  FROM event_log
  WHERE event_log.partition = span.partition AND position > span.after AND position <= span.upto
    AND (CAST(:types AS text[]) IS NULL OR type = ANY(CAST(:types AS text[])))
  ORDER BY position LIMIT :share
) AS event
ORDER BY event.turn, event.partition LIMIT :limit
""")


async def heads(session: AsyncSession) -> Positions:
    """The last given position of every partition; everything up to it is readable."""
    rows = await session.execute(_HEADS)
    return {**START, **{row.partition: row.position for row in rows}}


def spans(after: Positions, heads: Positions) -> dict[int, tuple[int, int]]:
    """Per partition with something new: from where (exclusive) to where (inclusive) a page looks."""
    return {
        partition: (position, min(heads[partition], position + WINDOW_PER_PARTITION))
        for partition, position in after.items()
        if heads[partition] > position
    }


async def page(
    session: AsyncSession, spans: Mapping[int, tuple[int, int]], types: Sequence[str] | None, limit: int
) -> Sequence[Row[Any]]:
    """Up to ``limit`` visible events inside the spans, in order per partition, partitions in turn."""
    result = await session.execute(
        _PAGE,
        {
            "partitions": list(spans),
            "after": [after for after, _ in spans.values()],
            "upto": [upto for _, upto in spans.values()],
            "types": list(types) if types else None,
            "limit": limit,
            "share": _share(limit, spans),
        },
    )
    return result.all()


def _share(limit: int, spans: Mapping[int, tuple[int, int]]) -> int:
    """How many events of one partition a page may hold: twice its part, so that little is read in vain."""
    return min(limit, 2 * -(-limit // len(spans)))


def continue_after(
    after: Positions, spans: Mapping[int, tuple[int, int]], rows: Sequence[Row[Any]], limit: int
) -> Positions:
    """The positions behind a page: the end of the span where everything was given, else the last event."""
    reached = dict(after)
    given = Counter(row.partition for row in rows)
    for row in rows:
        reached[row.partition] = max(reached[row.partition], row.position)
    if len(rows) < limit:
        share = _share(limit, spans) if spans else 0
        reached.update({no: upto for no, (_, upto) in spans.items() if given[no] < share})
    return reached
