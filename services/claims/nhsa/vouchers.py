"""Whom a voucher of a visit (就诊凭证) names: the only number that the platform knows is the ID number. Pure.

A token of the electronic voucher (01) is resolved by the national platform alone, and nobody tells us the
numbers of cards (03); so both need the ID number beside them. The social security number of a person is the
ID number (《中华人民共和国社会保险法》第五十八条), so a card read by that number names its holder.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from services.claims.nhsa import problems
from shared import identity
from shared.problems import Problem

ID_CARD: Final = "01"
"""psn_cert_type of an identity card."""


class Voucher(NamedTuple):
    """What a message says of the voucher shown, and of the certificate of its holder."""

    cert_type: str
    cert_no: str | None
    psn_cert_type: str | None = None
    certno: str | None = None


class Numbered(NamedTuple):
    """An ID number as it was sent, and the field that it stands in."""

    number: str
    field: str


def id_number(voucher: Voucher, kinds: Mapping[str, str], pointer: str) -> Numbered | None:
    """The ID number that a message names somebody by; ``None`` where it names nobody by one.

    ``kinds`` says what each type of voucher carries: ``token``, ``id_number`` or ``card``. Raises the Problem
    of a type that is unknown, of two numbers that differ, and of a certificate that is no identity card.
    """
    kind = kinds.get(voucher.cert_type)
    if kind is None:
        known = "、".join(kinds)
        path = f"{pointer}/mdtrt_cert_type"
        raise Problem(problems.CERT_TYPE, pointer=path, mdtrt_cert_type=voucher.cert_type, known=known)
    on_voucher = _on_voucher(voucher, kind)
    beside = _beside(voucher, pointer)
    if on_voucher and beside and identity.normalise(on_voucher.number) != identity.normalise(beside.number):
        raise Problem(problems.CERTIFICATES_DIFFER, pointer=f"{pointer}/certno")
    return on_voucher or beside


def _on_voucher(voucher: Voucher, kind: str) -> Numbered | None:
    number = voucher.cert_no
    if number is None or kind == "token" or (kind == "card" and not _is_id_number(number)):
        return None
    return Numbered(number, "mdtrt_cert_no")


def _beside(voucher: Voucher, pointer: str) -> Numbered | None:
    if voucher.certno is None:
        return None
    if voucher.psn_cert_type not in (None, ID_CARD) and not _is_id_number(voucher.certno):
        path = f"{pointer}/psn_cert_type"
        raise Problem(problems.PSN_CERT_TYPE, pointer=path, psn_cert_type=voucher.psn_cert_type)
    return Numbered(voucher.certno, "certno")


def _is_id_number(text: str) -> bool:
    try:
        identity.check_id_number(text)
    except identity.BadIdentity:
        return False
    return True
