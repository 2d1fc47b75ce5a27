"""How far relays and consumers are behind."""

from collections.abc import Mapping

from tests.faults.checks.properties import Connection

SOURCES: Mapping[str, tuple[str, ...]] = {"claims": ("registry",), "screening": ("registry",)}
"""Consumer → the producers it reads."""

_BACKLOG = """
SELECT (SELECT count(*) FROM event_log WHERE position IS NULL)
     + (SELECT sum(position - published_position) FROM relay_position)
"""
_NOT_ATTRIBUTED = """
SELECT count(*) FROM transfers WHERE (debit_account ^@ 'fund:' OR credit_account ^@ 'fund:')
AND NOT EXISTS (SELECT 1 FROM earmark_steps WHERE transfer_no = no)
"""
_HEADS = "SELECT partition, position FROM relay_position WHERE position > 0"
_POSITIONS = "SELECT partition, position FROM consumer_position WHERE source = $1 AND position > 0"


async def behind(connections: Mapping[str, Connection]) -> dict[str, int]:
    """Events that a relay has not published or a consumer has not applied, and movements of funds that are
    not attributed; only what is not zero.
    """
    lags = {f"{name} relay": int(await each.fetchval(_BACKLOG)) for name, each in connections.items()}
    for consumer, sources in SOURCES.items():
        for source in sources:
            heads = dict(await connections[source].fetch(_HEADS))
            reached = dict(await connections[consumer].fetch(_POSITIONS, source))
            # A position beyond its head would be as wrong as one before it.
            lags[f"{consumer} of {source}"] = sum(
                abs(heads.get(partition, 0) - reached.get(partition, 0)) for partition in {*heads, *reached}
            )
    lags["claims lineage"] = int(await connections["claims"].fetchval(_NOT_ATTRIBUTED))
    return {name: lag for name, lag in lags.items() if lag}
