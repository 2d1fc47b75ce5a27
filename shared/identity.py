"""Citizen identity numbers (GB 11643) and disability-card numbers, as county offices write them."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

_FIRST_BIRTH, _LAST_BIRTH = date(1850, 1, 1), date(2199, 12, 31)
_OLD_FORM = re.compile(r"\d{15}")
_DISABILITY_CARD = re.compile(r"(\d{17}[\dX])([1-7])([1-4])(\d{2}|[A-Z]\d)?")


class IdentityFault(StrEnum):
    """Why an identity number is refused."""

    LENGTH = "length"
    CHECKSUM = "checksum"
    OLD_FORM = "old_form"


class BadIdentity(ValueError):
    """An identity number that cannot be right. Never carries the number itself."""

    def __init__(self, fault: IdentityFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class IdNumber:
    """An 18-digit number, and the disability kind (1-7) and grade (1-4) when it came from such a card."""

    number: str
    disability_kind: str | None = None
    disability_grade: str | None = None


def normalise(text: str) -> str:
    """Full-width digits to ASCII, ``x`` to ``X``, no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def check_id_number(text: str) -> str:
    """The normalised 18-digit number, or BadIdentity. A 15-digit number is refused here."""
    number = normalise(text)
    if len(number) != 18:
        raise BadIdentity(IdentityFault.OLD_FORM if _OLD_FORM.fullmatch(number) else IdentityFault.LENGTH)
    return _verified(number)


def for_import(text: str) -> IdNumber:
    """Read what an import file holds: 18 digits, the 15-digit old form, or a 20/22-digit disability card."""
    number = normalise(text)
    if _OLD_FORM.fullmatch(number):
        return IdNumber(_verified(_lengthen(number)))
    card = _DISABILITY_CARD.fullmatch(number)
    if card:
        return IdNumber(_verified(card[1]), disability_kind=card[2], disability_grade=card[3])
    return IdNumber(check_id_number(number))


def birth_date(number: str) -> date:
    """The birth date inside a checked 18-digit number."""
    return date.fromisoformat(number[6:14])


def sex(number: str) -> str:
    """The sex inside a checked 18-digit number, coded by GB/T 2261.1: 1 male, 2 female."""
    return "1" if int(number[16]) % 2 else "2"


def mask(number: str) -> str:
    """What may be shown without the right to personal data: ``510***********1234``."""
    return f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}" if len(number) > 7 else "*" * len(number)


def _lengthen(old: str) -> str:
    body = f"{old[:6]}19{old[6:]}"
    return body + ric.calc_check_digit(f"{body}?")


def _verified(number: str) -> str:
    # python-stdnum also checks the place of birth against a list that lacks withdrawn and fictional
    # divisions, so only its check digit and the calendar date are used.
    try:
        digits_only = number[:17].isdigit() and number.isascii()
        if not digits_only or ric.calc_check_digit(number) != number[17]:
            raise BadIdentity(IdentityFault.CHECKSUM)
        if not _FIRST_BIRTH <= birth_date(number) <= _LAST_BIRTH:
            raise BadIdentity(IdentityFault.CHECKSUM)
    except (ValidationError, ValueError) as error:
        raise BadIdentity(IdentityFault.CHECKSUM) from error
    return number
