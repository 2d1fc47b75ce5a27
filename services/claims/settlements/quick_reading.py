"""Reads the messages of a batch quickly: those that are plainly right, in one pass.

``quick`` gives a message only when ``SettlementRequest`` would accept the text and read the same from it, and
``None`` in every other case, so that whoever asks reads the text again the long way and tells what is wrong.
Types, names and structure are msgspec's part; every value goes through the very validators of the schema,
whose answers for the values that come in every message are remembered. What msgspec does not see, a key given
twice, is seen by counting: the text then holds more strings than the message has keys and values.
"""

from collections.abc import Callable
from typing import Any, Final, Literal, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType
from pydantic import ConfigDict, TypeAdapter

from services.claims.benefits.facts import Charge
from services.claims.providers.schemas import FacilityCode, VisitType
from services.claims.settlements.fields import MAX_CHARGES, Quantity, UnitPrice
from services.claims.settlements.message import Diagnosed, Message
from services.claims.settlements.schemas import MAX_DIAGNOSES, ChronicCode, DiagnosisCode, LineText
from shared import strict_json
from shared.fields import CodeText, Day, IdNumberText, Rate, ShortText, Yuan

_T = TypeVar("_T")
_CONFIG: Final = ConfigDict(str_strip_whitespace=True)


class _Patient(Struct, forbid_unknown_fields=True):
    id_number: str


class _Diagnosis(Struct, forbid_unknown_fields=True):
    code: str
    main: bool | UnsetType = UNSET


class _Line(Struct, forbid_unknown_fields=True, rename={"item_class": "class"}):
    item_code: str
    name: str
    category: str
    item_class: Literal["A", "B", "C"]
    quantity: str
    unit_price: str
    amount: str
    self_pay_rate: str | UnsetType = UNSET
    price_limit: str | UnsetType | None = UNSET


class _Request(Struct, forbid_unknown_fields=True):
    facility_code: str
    visit_no: str
    visit_type: str
    patient: _Patient
    admitted_on: str
    discharged_on: str
    diagnoses: list[_Diagnosis]
    charges: list[_Line]
    total: str
    referral_no: str | UnsetType | None = UNSET
    chronic_code: str | UnsetType | None = UNSET
    invoice_no: str | UnsetType | None = UNSET


# Keys and values that are strings and always there; a visit's are its own and those of its patient.
_STRINGS_OF_VISIT: Final = 17
_STRINGS_OF_DIAGNOSIS: Final = 2
_STRINGS_OF_LINE: Final = 14

_DECODER: Final = msgspec.json.Decoder(_Request)


def _validator(type_: Any) -> Callable[[str], Any]:
    return TypeAdapter(type_, config=_CONFIG).validate_python


class _Remembered(dict[str, Any]):
    """What a type makes of a text, by text. When there are too many all are forgotten, and made again.

    Half the cost of ``lru_cache``, which keeps an order.
    """

    def __init__(self, type_: Any, size: int = 1 << 12) -> None:
        super().__init__()
        self._validated, self._size = _validator(type_), size

    def __missing__(self, text: str) -> Any:
        value = self._validated(text)
        if len(self) >= self._size:
            self.clear()
        self[text] = value
        return value


# The same few of these come in every message.
_facility = _Remembered(FacilityCode)
_visit_type = _Remembered(VisitType)
_day = _Remembered(Day)
_diagnosis = _Remembered(DiagnosisCode)
_chronic = _Remembered(ChronicCode)
_code = _Remembered(CodeText, 1 << 16)
_name = _Remembered(LineText, 1 << 16)
_rate = _Remembered(Rate)
_quantity = _Remembered(Quantity)
_price = _Remembered(UnitPrice, 1 << 16)
_yuan = _Remembered(Yuan, 1 << 16)
_short = _validator(ShortText)
_id_number = _validator(IdNumberText)


def quick(raw: bytes) -> Message | None:
    """The message in a JSON text, ``None`` where anything about it is not plain."""
    strings = strict_json.strings_in(raw)
    if strings is None:
        return None
    try:
        said = _DECODER.decode(raw)
        if strings != _strings_of(said):
            return None
        return _message(said)
    except ValueError:
        # Also msgspec's and pydantic's refusals: the long way tells what is wrong.
        return None


def _strings_of(said: _Request) -> int:
    """How many strings a text holds in which every key of this message stands once."""
    strings = (
        _STRINGS_OF_VISIT + _STRINGS_OF_DIAGNOSIS * len(said.diagnoses) + _STRINGS_OF_LINE * len(said.charges)
    )
    for value in (said.referral_no, said.chronic_code, said.invoice_no):
        strings += 0 if value is UNSET else 1 if value is None else 2
    for diagnosis in said.diagnoses:
        strings += diagnosis.main is not UNSET
    for line in said.charges:
        if line.self_pay_rate is not UNSET:
            strings += 2
        if line.price_limit is not UNSET:
            strings += 1 if line.price_limit is None else 2
    return strings


def _message(said: _Request) -> Message | None:
    if not (0 < len(said.diagnoses) <= MAX_DIAGNOSES and 0 < len(said.charges) <= MAX_CHARGES):
        return None
    return Message(
        _facility[said.facility_code],
        _short(said.visit_no),
        _visit_type[said.visit_type],
        _id_number(said.patient.id_number),
        _day[said.admitted_on],
        _day[said.discharged_on],
        _optional(_short, said.referral_no),
        _optional(_chronic.__getitem__, said.chronic_code),
        [Diagnosed(_diagnosis[each.code], each.main is True) for each in said.diagnoses],
        tuple(map(_charge, said.charges)),
        _yuan[said.total],
        _optional(_short, said.invoice_no),
    )


def _charge(line: _Line) -> Charge:
    rate, limit = line.self_pay_rate, line.price_limit
    return Charge(
        _code[line.item_code],
        _name[line.name],
        _code[line.category],
        line.item_class,
        0 if rate is UNSET else _rate[rate],
        _quantity[line.quantity],
        _price[line.unit_price],
        _yuan[line.amount],
        None if limit is UNSET or limit is None else _price[limit],
    )


def _optional(validated: Callable[[str], _T], text: str | UnsetType | None) -> _T | None:
    return None if text is None or text is UNSET else validated(text)
