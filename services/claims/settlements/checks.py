"""What can be said about a message without looking anything up. Pure."""

from collections.abc import Sequence
from datetime import date

from services.claims import problems
from services.claims.benefits.charges import ChargeFinding, check_charges
from services.claims.benefits.facts import Charge
from services.claims.settlements.message import Diagnosed, Message, message_of
from services.claims.settlements.schemas import Diagnosis, SettlementRequest
from services.claims.settlements.visit import Asked, digest_of
from shared import identity
from shared.auth import Caller
from shared.crypto import BlindIndex
from shared.money import format_yuan
from shared.problems import FieldError, Problem, ProblemSpec

_MAX_ERRORS = 100
_LINE_FAULTS: dict[str, tuple[str, ProblemSpec]] = {
    "amount_mismatch": ("amount", problems.AMOUNT_MISMATCH),
    "negative_amount": ("amount", problems.NEGATIVE_AMOUNT),
    "negative_quantity": ("quantity", problems.NEGATIVE_QUANTITY),
    "negative_price": ("unit_price", problems.NEGATIVE_PRICE),
    "class_a_self_pay": ("self_pay_rate", problems.CLASS_A_SELF_PAY),
}


def check(said: SettlementRequest | Message, caller: Caller, blind_index: BlindIndex, today: date) -> Asked:
    """The message, ready to be looked up; raises the Problem that makes it wrong in itself."""
    message = said if isinstance(said, Message) else message_of(said)
    check_facility(caller, message.facility_code)
    _check_dates(message, today)
    check_codes(message.visit_type, message.chronic_code, message.diagnoses)
    findings = check_charges(message.charges, message.total)
    if findings:
        raise _charges_problem(findings)
    try:
        number = identity.check_id_number(message.id_number)
    except identity.BadIdentity as error:
        raise Problem(problems.BAD_ID_NUMBER, pointer="/patient/id_number") from error
    id_index = blind_index.of(number)
    return Asked(caller.subject, message, number, id_index, digest_of(message, id_index))


def check_facility(caller: Caller, facility_code: str) -> None:
    """A provider's token acts for that provider only."""
    if caller.facility not in (None, facility_code):
        raise Problem(
            problems.FOREIGN_FACILITY,
            pointer="/facility_code",
            own=caller.facility,
            facility_code=facility_code,
        )


def _check_dates(message: Message, today: date) -> None:
    admitted, discharged = message.admitted_on, message.discharged_on
    if discharged < admitted:
        raise Problem(
            problems.DATES_OUT_OF_ORDER,
            pointer="/discharged_on",
            admitted_on=admitted.isoformat(),
            discharged_on=discharged.isoformat(),
        )
    if discharged > today:
        raise Problem(
            problems.DISCHARGE_IN_FUTURE,
            pointer="/discharged_on",
            discharged_on=discharged.isoformat(),
            today=today.isoformat(),
        )


def check_codes(
    visit_type: str, chronic_code: str | None, diagnoses: Sequence[Diagnosis | Diagnosed]
) -> None:
    """One main diagnosis, and a chronic disease exactly for visits of that type; else a Problem."""
    if sum(diagnosis.main for diagnosis in diagnoses) != 1:
        raise Problem(problems.MAIN_DIAGNOSIS, pointer="/diagnoses")
    if (visit_type == "chronic_outpatient") != (chronic_code is not None):
        raise Problem(problems.CHRONIC_CODE, pointer="/chronic_code")


def check_lines(charges: Sequence[Charge]) -> None:
    """Raises the Problem of charge lines that are wrong in themselves."""
    findings = check_charges(charges, sum(charge.amount_fen for charge in charges))
    if findings:
        raise _charges_problem(findings)


def _charges_problem(findings: list[ChargeFinding]) -> Problem:
    """A wrong total alone is its own problem; wrong lines come with a pointer each."""
    errors = [_field_error(finding) for finding in findings[:_MAX_ERRORS]]
    if [finding.code for finding in findings] == ["total_mismatch"]:
        return Problem(problems.TOTAL_MISMATCH, errors=errors, **errors[0].params)
    return Problem(problems.CHARGES_DO_NOT_ADD_UP, errors=errors, count=len(findings))


def _field_error(finding: ChargeFinding) -> FieldError:
    amounts = {
        "expected": format_yuan(finding.expected_fen or 0),
        "found": format_yuan(finding.found_fen or 0),
    }
    if finding.line is None:
        return FieldError("/total", problems.TOTAL_MISMATCH, amounts)
    field, spec = _LINE_FAULTS.get(finding.code, ("", problems.CHARGE_INVALID))
    pointer = f"/charges/{finding.line}" + (f"/{field}" if field else "")
    return FieldError(pointer, spec, amounts)
