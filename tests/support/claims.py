"""Builders of what the claims service is told: people, providers, visits."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from shared.crypto import BlindIndex
from shared.events.registry import CategorySpell, EnrolmentSpell, FinancingPlanned, PersonRecorded
from shared.ids import new_id
from shared.messaging.contract import EventData
from shared.messaging.envelope import Envelope

COUNTY = "990101"
VILLAGE = "990101200203"
COUNTY_HOSPITAL = "H99010100001"
TOWNSHIP_HOSPITAL = "H99010100101"
CITY_HOSPITAL = "H99010000001"
PROVINCIAL_HOSPITAL = "H99000000001"
NOW = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
EVERY_VISIT_TYPE = ["inpatient", "outpatient", "chronic_outpatient", "delivery"]
PROVIDERS: Mapping[str, tuple[str, int, str]] = {
    COUNTY_HOSPITAL: ("县人民医院", 2, COUNTY),
    TOWNSHIP_HOSPITAL: ("城关镇卫生院", 1, "990101100"),
    CITY_HOSPITAL: ("市第一医院", 3, "990100"),
    PROVINCIAL_HOSPITAL: ("省人民医院", 3, "990000"),
}
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_PEOPLE = UUID("6d0f1b7e-6c1c-4d53-9d0a-35b8a1f0c9aa")


class FixedClock:
    """A clock that a test sets."""

    def __init__(self, now: datetime = NOW) -> None:
        self.instant = now

    def now(self) -> datetime:
        """The instant that was set."""
        return self.instant


def id_number(order: int, born: date = date(1970, 5, 17), division: str = COUNTY) -> str:
    """A number with a right check digit (GB 11643) of a fictional division."""
    body = f"{division}{born:%Y%m%d}{order:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def person(
    index: BlindIndex,
    number: str,
    *,
    categories: Sequence[str] = (),
    village: str = VILLAGE,
    enrolled: tuple[date, date] | None = (date(2026, 1, 1), date(2027, 1, 1)),
    version: int = 1,
) -> PersonRecorded:
    """A person as the registry records one; the same number is the same person."""
    spells = [CategorySpell(category=name, valid_from=date(2020, 1, 1)) for name in categories]
    enrolments = [
        EnrolmentSpell(scheme="resident", year=first.year, valid_from=first, valid_to=last)
        for first, last in ([enrolled] if enrolled else [])
    ]
    return PersonRecorded(
        person_id=uuid5(_PEOPLE, number),
        household_id=uuid5(_PEOPLE, f"household {number}"),
        division_code=village,
        id_index=index.of(number).hex(),
        birth_date=date(int(number[6:10]), int(number[10:12]), int(number[12:14])),
        sex="1" if int(number[16]) % 2 else "2",
        alive=True,
        version=version,
        categories=spells,
        enrolments=enrolments,
    )


def financing(version: int = 1, enrolled: int = 40_000, plan_id: UUID | None = None) -> FinancingPlanned:
    """The county's money of a year, per head 10 + 40 + 22 + 7.2 + 10.8 yuan (DOMAIN S-15, S-16)."""
    per_head = {"personal": 1_000, "central": 4_000, "province": 2_200, "city": 720, "county": 1_080}
    due = {source: fen * enrolled for source, fen in per_head.items()}
    total = sum(due.values())
    reserve, outpatient = total * 4 // 100, 800 * enrolled
    return FinancingPlanned(
        plan_id=plan_id or uuid5(_PEOPLE, "plan"),
        county_code=COUNTY,
        year=2026,
        enrolled=enrolled,
        due=due,
        total_fen=total,
        reserve_fen=reserve,
        outpatient_account_fen=outpatient,
        pooled_fen=total - reserve - outpatient,
        version=version,
    )


def envelope(data: EventData, position: int = 1) -> Envelope:
    """An event as the consumer hands it to a handler."""
    return Envelope(
        id=new_id(),
        source="registry",
        type=data.TYPE,
        time=NOW,
        partitionkey="key",
        partition=0,
        position=position,
        division=COUNTY,
        data=data.model_dump(mode="json"),
    )


def charge(amount: str, item_class: str = "A", /, **changes: Any) -> dict[str, Any]:
    """One line of a bill: one piece at the given price."""
    line = {
        "item_code": "XA01AB",
        "name": "某项目",
        "category": "western_medicine",
        "class": item_class,
        "self_pay_rate": "0",
        "quantity": "1",
        "unit_price": amount,
        "amount": amount,
    }
    return {**line, **changes}


_FIRST_STAY, _NIGHTS, _STAYS_A_YEAR = date(2026, 3, 1), 8, 37
_stays: dict[str, list[tuple[str, str]]] = {}


def forget_stays() -> None:
    """Begin a test: nobody has been in a hospital."""
    _stays.clear()


def _free_days(number: str, facility_code: str, visit_no: str) -> tuple[str, str]:
    """The same days for the same visit; each further one of a patient begins when the one before ended.

    The first is 1 to 9 March 2026; after the end of October they go on in January.
    """
    visits = _stays.setdefault(number, [])
    if (facility_code, visit_no) not in visits:
        visits.append((facility_code, visit_no))
    order = visits.index((facility_code, visit_no)) % _STAYS_A_YEAR
    start = _FIRST_STAY if order < _STAYS_A_YEAR - 7 else date(2026, 1, 1)
    first = start + timedelta(days=_NIGHTS * (order if start is _FIRST_STAY else order - _STAYS_A_YEAR + 7))
    return first.isoformat(), (first + timedelta(days=_NIGHTS)).isoformat()


def referral(
    number: str, referral_no: str, to: str | None = CITY_HOSPITAL, /, **changes: Any
) -> dict[str, Any]:
    """The message that files a referral by the county hospital in February 2026."""
    message: dict[str, Any] = {
        "referral_no": referral_no,
        "patient": {"id_number": number},
        "from_facility_code": COUNTY_HOSPITAL,
        "to_facility_code": to,
        "diagnosis": "I63.900",
        "filed_on": "2026-02-27",
        "valid_until": "2026-12-31",
    }
    return {**message, **changes}


MORE_CHARGED = (
    "UPDATE settlements SET charges ="
    " jsonb_set(charges::jsonb, '{0,7}', to_jsonb((charges->0->>7)::bigint + 1))::json"
)
"""Damage: the first line of every bill comes to a fen more."""
MORE_USED = (
    "UPDATE accumulator_years SET used ="
    " (SELECT json_object_agg(kind, fen::bigint + 1) FROM json_each_text(used) AS held (kind, fen))"
)
"""Damage: every accumulator holds a fen more."""


def more_moved(kind: str = "%") -> str:
    """Damage: settlements have moved a fen more of a kind of accumulator, else of every kind."""
    return f"""
UPDATE settlements SET moved = (
  SELECT json_object_agg(holder, (
    SELECT json_object_agg(kind, fen::bigint + (kind LIKE '{kind}')::integer)
    FROM json_each_text(kinds) AS movement (kind, fen)))
  FROM json_each(moved) AS of_holder (holder, kinds))
"""


MORE_PAID = "UPDATE settlements SET payer_fen[1] = payer_fen[1] + 1"
"""Damage: the first payer of every settlement pays a fen more."""


def visit(number: str, visit_no: str, amount: str = "8766.00", /, **changes: Any) -> dict[str, Any]:
    """The message for a stay in the county hospital in March 2026, or right after the patient's last one."""
    facility, sent_no = changes.get("facility_code", COUNTY_HOSPITAL), changes.get("visit_no", visit_no)
    admitted_on, discharged_on = _free_days(number, facility, sent_no)
    message: dict[str, Any] = {
        "facility_code": COUNTY_HOSPITAL,
        "visit_no": visit_no,
        "visit_type": "inpatient",
        "patient": {"id_number": number},
        "admitted_on": admitted_on,
        "discharged_on": discharged_on,
        "referral_no": None,
        "diagnoses": [{"code": "I63.900", "main": True}],
        "charges": [charge(amount)],
        "total": amount,
    }
    return {**message, **changes}
