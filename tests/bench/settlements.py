"""Settlements over HTTP: one by one, at half that load for the latency, and in batches."""

import itertools
import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from tests.bench.wire import Call, Outcome, run

CLIENTS = 8
BATCH_LINES = 1000
_numbers = itertools.count(1)
_BEGIN = date(2025, 12, 1).toordinal()


_taken: dict[str, int] = {}
"""Days on which somebody is somewhere, as bits, by ID number."""


def fresh(visits: Sequence[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """Visits that nobody has settled yet: the given ones again and again under new visit numbers.

    Nobody is in two hospitals, or at the doctor twice, on one day: each time the next patient who is free.
    """
    patients = list(dict.fromkeys(visit["patient"]["id_number"] for visit in visits))
    order = {number: place for place, number in enumerate(patients)}
    source = itertools.islice(itertools.cycle(visits), count)
    return [
        {
            **visit,
            "visit_no": f"BENCH{next(_numbers):010d}",
            "patient": {"id_number": _free(patients, order[visit["patient"]["id_number"]], visit)},
        }
        for visit in source
    ]


def _free(patients: Sequence[str], first: int, visit: dict[str, Any]) -> str:
    """The first patient from a place in the list on who is free on all days of the visit."""
    begin, end = (date.fromisoformat(visit[name]).toordinal() for name in ("admitted_on", "discharged_on"))
    days = ((1 << (end - begin + 1)) - 1) << (begin - _BEGIN)
    for number in itertools.chain(patients[first:], patients[:first]):
        taken = _taken.get(number, 0)
        if not taken & days:
            _taken[number] = taken | days
            return number
    raise RuntimeError("the sample has too few patients for so many visits")


async def single(
    base_urls: Sequence[str], token: str, visits: Sequence[dict[str, Any]], clients: int = CLIENTS
) -> Outcome:
    """As many settlements a second as a number of clients get, each waiting for its answer."""
    return _expect(await run(base_urls, _calls(token, visits), clients), 201)


async def at_rate(
    base_urls: Sequence[str], token: str, visits: Sequence[dict[str, Any]], per_second: float
) -> Outcome:
    """The latency at a steady load."""
    return _expect(await run(base_urls, _calls(token, visits), CLIENTS * 4, per_second), 201)


async def batched(
    base_urls: Sequence[str], token: str, visits: Sequence[dict[str, Any]]
) -> tuple[float, Outcome]:
    """Settlements a second in batches of a thousand lines, one client for each address; and the outcome."""
    headers = {**_headers(token), "Content-Type": "application/x-ndjson"}
    calls = [
        Call(
            "/v1/settlements:batch",
            b"\n".join(json.dumps(visit, ensure_ascii=False).encode() for visit in lines) + b"\n",
            {**headers, "Idempotency-Key": f"bench-batch-{next(_numbers):010d}"},
        )
        for lines in _chunks(visits, BATCH_LINES)
    ]
    outcome = _expect(await run(base_urls, calls, len(base_urls)), 200)
    return len(visits) / outcome.seconds, outcome


def _chunks(visits: Sequence[dict[str, Any]], size: int) -> list[Sequence[dict[str, Any]]]:
    return [visits[start : start + size] for start in range(0, len(visits), size)]


def _calls(token: str, visits: Sequence[dict[str, Any]]) -> list[Call]:
    headers = {**_headers(token), "Content-Type": "application/json"}
    return [
        Call(
            "/v1/settlements",
            json.dumps(visit, ensure_ascii=False).encode(),
            {**headers, "Idempotency-Key": f"bench-{visit['visit_no']}"},
        )
        for visit in visits
    ]


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _expect(outcome: Outcome, status: int) -> Outcome:
    if set(outcome.statuses) != {status}:
        raise RuntimeError(f"expected only {status}, got {outcome.statuses}")
    return outcome
