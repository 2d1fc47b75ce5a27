"""Whether one voucher may be handed to one person: pure, in the order in which a clerk would look."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from services.screening.participants.rules import Facts, check_entitled
from services.screening.problems import NOT_IN_VILLAGE, REPEATED_LINE, SERIAL_ISSUED, YEAR_TAKEN
from services.screening.programmes.model import Programme
from shared.problems import Problem

PUPIL = "pupil"


@dataclass(frozen=True, slots=True)
class Receiver:
    """The person of a line and the village of the cadre who serves them."""

    person_id: UUID
    village: str
    facts: Facts


@dataclass(slots=True)
class Stock:
    """What is known of the serials and the people of a batch; lines that are accepted change it."""

    holders: Mapping[int, tuple[str, int]]
    """serial → holder and voucher year"""
    issued_serials: frozenset[int]
    years_of_person: Mapping[UUID, frozenset[int]]
    used_serials: set[int] = field(default_factory=set)
    used_years: set[tuple[UUID, int]] = field(default_factory=set)


def check_line(
    programme: Programme, stock: Stock, serial: int, receiver: Receiver, on: date, *, pupil: bool
) -> int:
    """The year of the voucher that the person may have, or a refusal (DOMAIN S-60, S-61, S-62, S-64)."""
    if serial in stock.used_serials:
        raise Problem(REPEATED_LINE)
    if serial in stock.issued_serials:
        raise Problem(SERIAL_ISSUED, serial=serial)
    holder, year = stock.holders.get(serial, ("", 0))
    if holder != receiver.village:
        raise Problem(NOT_IN_VILLAGE, serial=serial, village=receiver.village)
    check_entitled(programme, receiver.facts, year, on, {PUPIL} if pupil else ())
    if year in stock.years_of_person.get(receiver.person_id, frozenset()):
        raise Problem(YEAR_TAKEN, year=year)
    if (receiver.person_id, year) in stock.used_years:
        raise Problem(REPEATED_LINE)
    stock.used_serials.add(serial)
    stock.used_years.add((receiver.person_id, year))
    return year
