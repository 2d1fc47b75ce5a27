"""What each hospital sends: its visits, about 2 % of them twice on purpose, and a few bad messages."""

import json
from collections import defaultdict
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from deploy.demo import mistakes, referrals
from deploy.demo.model import YEAR, County
from deploy.demo.settlement_request import SettlementRequest
from deploy.demo.visits import Visit

_TWICE_PERCENT = 2
_EACH_MISTAKE = 3


class Message(NamedTuple):
    """One settlement request. ``mistake`` names what is wrong with it (empty: it must settle)."""

    key: str
    body: bytes
    total: str
    mistake: str = ""


class Chain(NamedTuple):
    """Messages of one visit. ``again`` is the same message repeated; ``together`` sends both at once."""

    first: Message
    again: bool = False
    together: bool = False
    after: tuple[Message, ...] = ()


Plan = dict[str, list[Chain]]


def _message(key: str, request: SettlementRequest, mistake: str = "") -> Message:
    body = json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode()
    return Message(key, body, request["total"], mistake)


def _key(request: SettlementRequest) -> str:
    return f"{request['facility_code']}.{request['visit_no']}"


def _chain(rng: Random, visit: Visit) -> Chain:
    again = rng.randrange(100) < _TWICE_PERCENT
    together = again and rng.random() < 0.5
    return Chain(_message(_key(visit.request), visit.request), again, together)


def referrals_of(visits: Sequence[Visit]) -> list[Message]:
    """What the county hospital files before the visits that name a referral are settled."""
    return [
        Message(f"refer.{body['referral_no']}", json.dumps(body, ensure_ascii=False).encode(), "")
        for body in referrals.of(visits)
    ]


def plan(county: County, visits: Sequence[Visit]) -> Plan:
    """The chains of every hospital in the order of discharge; bad messages are spread over the year."""
    rng = Random(f"his/{county.seed}")
    chains = [_chain(rng, visit) for visit in visits]
    by_facility: dict[str, list[Chain]] = defaultdict(list)
    bad = _bad_after(rng, county, visits)
    for order, (visit, chain) in enumerate(zip(visits, chains, strict=True)):
        by_facility[visit.facility_code].append(chain._replace(after=tuple(bad.get(order, ()))))
    return dict(by_facility)


def _bad_after(rng: Random, county: County, visits: Sequence[Visit]) -> dict[int, list[Message]]:
    """Position of a visit → the bad messages that the same hospital sends after it."""
    found: dict[int, list[Message]] = defaultdict(list)
    serial = 0
    for mistake, spoil in mistakes.SPOILED.items():
        for order in _positions(rng, visits):
            serial += 1
            request = mistakes.spoiled(visits[order].request, spoil, f"CW{YEAR}{serial:06d}")
            found[order].append(_message(_bad_key(visits[order], serial), request, mistake))
    for order, id_number in zip(_positions(rng, visits), _not_enrolled(rng, county), strict=False):
        serial += 1
        request = mistakes.spoiled(visits[order].request, lambda _: None, f"CW{YEAR}{serial:06d}")
        request["patient"]["id_number"] = id_number
        found[order].append(_message(_bad_key(visits[order], serial), request, mistakes.NOT_ENROLLED))
    for order in _positions(rng, visits):
        serial += 1
        found[order] += _contradictions(visits[order], serial)
    return found


def _contradictions(visit: Visit, serial: int) -> list[Message]:
    """The visit again with another bill: once under a new key, once under the key already used."""
    changed = mistakes.spoiled(visit.request, mistakes.more_charges, visit.visit_no)
    return [
        _message(_bad_key(visit, serial), changed, mistakes.OTHER_CONTENT),
        _message(_key(visit.request), changed, mistakes.REUSED_KEY),
    ]


def _bad_key(visit: Visit, serial: int) -> str:
    """Bad messages have keys of their own; the facility in the body may be the mistake itself."""
    return f"{visit.facility_code}.CW{serial:06d}"


def _positions(rng: Random, visits: Sequence[Visit]) -> list[int]:
    return rng.sample(range(len(visits)), min(_EACH_MISTAKE, len(visits)))


def _not_enrolled(rng: Random, county: County) -> list[str]:
    """ID numbers of people who are in the registry but in no scheme this year."""
    outside = [
        person.id_number
        for household in county.households
        for person in household.people
        if not any(each.year == YEAR for each in person.enrolments)
    ]
    return rng.sample(outside, min(_EACH_MISTAKE, len(outside)))
