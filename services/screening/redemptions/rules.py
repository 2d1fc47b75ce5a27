"""Whether vouchers pay for a check-up: pure, over vouchers, person and places."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.screening import problems
from services.screening.programmes.model import Programme
from shared.divisions import county_of, township_of
from shared.problems import Problem


@dataclass(frozen=True, slots=True)
class Voucher:
    """A voucher in a person's hand, with what the registry says of the person today."""

    serial: int
    year: int
    issued_on: date
    village: str
    person_id: UUID
    household_id: UUID
    division_code: str
    id_index: bytes
    enrolled_years: frozenset[int]
    redemption_id: UUID | None


@dataclass(frozen=True, slots=True)
class Checkup:
    """What a facility reports."""

    facility_code: str
    examined_on: date
    serials: tuple[int, ...]
    items: tuple[str, ...]
    id_index: bytes | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """A check-up that the vouchers pay for, and in which kind of place it was done."""

    checkup: Checkup
    vouchers: tuple[Voucher, ...]
    place_kind: str


def decide(
    programme: Programme,
    checkup: Checkup,
    vouchers: Mapping[int, Voucher],
    places: Mapping[str, Mapping[str, str]],
    used_in_batch: Collection[int],
) -> Accepted:
    """Accept a check-up or refuse it with the first reason found (DOMAIN S-61, S-63, S-65).

    ``places`` is township → facility code → kind.
    """
    chosen = _vouchers(programme, checkup, vouchers)
    for voucher in chosen:
        if voucher.serial in used_in_batch:
            raise Problem(problems.REPEATED_LINE)
        if voucher.redemption_id is not None:
            raise Problem(
                problems.ALREADY_REDEEMED, serial=voucher.serial, redemption_id=voucher.redemption_id
            )
    _check_person(checkup, chosen)
    kind = _place_kind(checkup, chosen, places)
    _check_items(programme, checkup.items)
    return Accepted(checkup, chosen, kind)


def _vouchers(programme: Programme, checkup: Checkup, known: Mapping[int, Voucher]) -> tuple[Voucher, ...]:
    needed = programme.vouchers.per_checkup
    if len(checkup.serials) != needed or len(set(checkup.serials)) != needed:
        raise Problem(problems.WRONG_COUNT, needed=needed, given=len(set(checkup.serials)))
    for serial in checkup.serials:
        if serial not in known:
            raise Problem(problems.UNKNOWN_VOUCHER, serial=serial)
    return tuple(sorted((known[serial] for serial in checkup.serials), key=lambda voucher: voucher.year))


def _check_person(checkup: Checkup, chosen: Sequence[Voucher]) -> None:
    first = chosen[0]
    if any(voucher.person_id != first.person_id for voucher in chosen):
        raise Problem(problems.NOT_SAME_PERSON)
    if checkup.id_index is not None and checkup.id_index != first.id_index:
        raise Problem(problems.NOT_HOLDER)
    years = [voucher.year for voucher in chosen]
    shown = "、".join(map(str, years))
    if years != list(range(years[0], years[0] + len(years))):
        raise Problem(problems.NOT_CONSECUTIVE, years=shown)
    withdrawn = [year for year in years if year not in first.enrolled_years]
    if withdrawn:
        raise Problem(problems.ENROLMENT_LAPSED, years="、".join(map(str, withdrawn)))
    issued_on = max(voucher.issued_on for voucher in chosen)
    if checkup.examined_on < issued_on:
        raise Problem(problems.EXAMINED_TOO_EARLY, issued_on=issued_on.isoformat())


def _place_kind(checkup: Checkup, chosen: Sequence[Voucher], places: Mapping[str, Mapping[str, str]]) -> str:
    # The person's own township counts; vouchers of another county do not move with the person.
    township = township_of(chosen[0].division_code)
    allowed = places.get(township, {})
    if not allowed:
        raise Problem(problems.NO_PLACE, township=township)
    kind = allowed.get(checkup.facility_code)
    county = county_of(township)
    if kind is None or any(county_of(voucher.village) != county for voucher in chosen):
        raise Problem(problems.WRONG_PLACE, township=township, allowed="、".join(allowed))
    return kind


def _check_items(programme: Programme, done: Sequence[str]) -> None:
    known = [item.code for item in programme.items]
    for item in done:
        if item not in known:
            raise Problem(problems.UNKNOWN_ITEM, item=item, known="、".join(known))
    missing = [item.code for item in programme.items if not item.optional and item.code not in done]
    if missing:
        raise Problem(problems.ITEMS_MISSING, missing="、".join(missing))
