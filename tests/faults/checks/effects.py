"""The history against the databases: what was answered happened exactly once, what was refused did not."""

import json
from collections.abc import Mapping, Sequence

from tests.faults import operations
from tests.faults.checks.properties import Connection
from tests.faults.checks.traces import NATIONAL, TRACES
from tests.faults.client import NATIONAL as NATIONAL_PATH
from tests.faults.history import History, Operation, Outcome

Connections = Mapping[str, Connection]

_HAS_KEY = "SELECT EXISTS (SELECT 1 FROM idempotency_keys WHERE caller = $1 AND key = $2)"

_HAS_MESSAGE = "SELECT EXISTS (SELECT 1 FROM nhsa_messages WHERE msgid = $1)"


async def happened(connections: Connections, operation: Operation) -> bool:
    """Whether an operation's key is stored, which is the same as whether its effect is."""
    if operation.path == NATIONAL_PATH:
        return bool(await connections[operation.service].fetchval(_HAS_MESSAGE, operation.key))
    found = await connections[operation.service].fetchval(_HAS_KEY, operation.role, operation.key)
    return bool(found)


def answered_twice_differently(history: History) -> list[str]:
    """Every answer to one operation is the same, and only the first can be a fresh one."""
    found = []
    for each in history.operations:
        good = [answer for answer in each.answers if answer.outcome == Outcome.OK]
        if len({answer.body for answer in good}) > 1:
            found.append(f"{each.kind} {each.key} was answered in different ways")
        if sum(not answer.replayed for answer in good) > 1:
            found.append(f"{each.kind} {each.key} was done {len(good)} times")
        if _refused_wrongly(each):
            found.append(f"{each.kind} {each.key} was both done and refused")
    return found


def _refused_wrongly(operation: Operation) -> bool:
    """Whether what was done was refused as well. A refusal that was right at its moment, because nothing was
    due yet, leaves the key free: asked again later the same is done, and from then on never refused.
    """
    outcomes = [answer.outcome for answer in operation.answers]
    if Outcome.OK not in outcomes:
        return False
    before, after = operation.answers[: outcomes.index(Outcome.OK)], outcomes[outcomes.index(Outcome.OK) :]
    return Outcome.FAIL in after or not all(map(operation.rightly_refused, before))


def wrong_outcomes(history: History) -> list[str]:
    """Good operations are done and bad ones refused, whatever happened meanwhile."""
    found = []
    for each in history.operations:
        if not each.ended_rightly:
            reply = each.answer.body.decode()[:300] if each.answer else "no answer"
            found.append(f"{each.kind} {each.key} is {each.outcome}: {reply}")
    return found


async def lost_or_doubled(connections: Connections, history: History) -> list[str]:
    """The effects in the databases are exactly those of the operations that were answered with yes."""
    claims, screening = connections["claims"], connections["screening"]
    imports = await connections["registry"].fetchval("SELECT count(*) FROM imports")
    return [
        *_compare("settled", _settled(history), await _column(claims, _VISITS)),
        *_compare("redeemed", _done(history, operations.REDEMPTION), await _column(screening, _REDEEMED)),
        *_compare("issued", _done(history, operations.ISSUE), await _column(screening, _ISSUED)),
        *_compare("handed over", _done(history, operations.HANDOVER), await _column(screening, _HANDED)),
        *_count("imports", len(history.of(operations.IMPORT)), imports),
        *await _traces(claims, history),
    ]


async def _traces(claims: Connection, history: History) -> list[str]:
    """Of every kind of work of the offices: what is there is what was answered."""
    found = []
    for trace in TRACES:
        found += _compare(trace.kind, _done(history, trace.kind), await _column(claims, trace.rows))
    return found


_VISITS = f"SELECT facility_code || '/' || visit_no FROM settlements WHERE facility_code <> '{NATIONAL}'"
_REDEEMED = "SELECT serial::text FROM vouchers WHERE redemption_id IS NOT NULL"
_ISSUED = "SELECT serial::text FROM vouchers"
_HANDED = "SELECT receipt_no FROM handovers"


def _settled(history: History) -> list[str]:
    """Visits that were answered with a settlement, in batches line by line."""
    found = _done(history, operations.SINGLE)
    for each in history.of(operations.BATCH):
        if each.answer and each.answer.outcome == Outcome.OK:
            lines = [json.loads(line) for line in each.answer.body.splitlines()]
            found += [each.subjects[line["line"] - 1] for line in lines if line["status"] < 300]
    return found


def _done(history: History, kind: str) -> list[str]:
    return [subject for each in history.of(kind) if each.outcome == Outcome.OK for subject in each.named]


async def _column(connection: Connection, query: str) -> list[str]:
    return [row[0] for row in await connection.fetch(query)]


def _compare(what: str, expected: Sequence[str], found: Sequence[str]) -> list[str]:
    lost, extra = set(expected) - set(found), set(found) - set(expected)
    doubled = len(found) - len(set(found))
    problems = [("lost", sorted(lost)), ("unasked for", sorted(extra)), ("doubled", ["…"] * doubled)]
    return [f"{what}: {len(each)} {name}, such as {each[:3]}" for name, each in problems if each]


def _count(what: str, expected: int, found: int) -> list[str]:
    return [] if expected == found else [f"{what}: {expected} asked for, {found} there"]
