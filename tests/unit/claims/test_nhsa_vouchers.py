"""Whom the vouchers of a visit name."""

from typing import Any

import pytest

from services.claims.nhsa.codes import codes
from services.claims.nhsa.vouchers import Numbered, Voucher, id_number
from shared.problems import Problem
from tests.support import claims as build

OWN, OTHER = build.id_number(1), build.id_number(2)
TOKEN, CARD = "5100000ECK8A7N3TQ1", "A12345678"


def named(*voucher: Any) -> Numbered | None:
    return id_number(Voucher(*voucher), codes().voucher_types, "/input/data")


@pytest.mark.parametrize(
    ("voucher", "found"),
    [
        (("02", OWN), Numbered(OWN, "mdtrt_cert_no")),
        (("02", OWN, "01", OWN), Numbered(OWN, "mdtrt_cert_no")),
        (("02", OWN.lower(), "01", OWN), Numbered(OWN.lower(), "mdtrt_cert_no")),
        (("01", TOKEN, "01", OWN), Numbered(OWN, "certno")),
        (("01", TOKEN, None, OWN), Numbered(OWN, "certno")),
        (("01", TOKEN), None),
        # A token is whatever the national platform made it, also when it looks like an ID number.
        (("01", OWN), None),
        (("03", CARD, "01", OWN), Numbered(OWN, "certno")),
        (("03", CARD), None),
        # The social security number is the ID number.
        (("03", OWN), Numbered(OWN, "mdtrt_cert_no")),
        (("03", CARD, "90", OWN), Numbered(OWN, "certno")),
        # What is wrong in itself is told by whoever looks the person up.
        (("02", "1"), Numbered("1", "mdtrt_cert_no")),
        (("01", TOKEN, "01", "1"), Numbered("1", "certno")),
    ],
)
def test_only_an_id_number_names_a_person(voucher: tuple[str | None, ...], found: Numbered | None) -> None:
    assert named(*voucher) == found


@pytest.mark.parametrize(
    ("voucher", "code", "field"),
    [
        (("04", OWN), "nhsa.cert_type", "mdtrt_cert_type"),
        (("02", OWN, "01", OTHER), "nhsa.certificates_differ", "certno"),
        (("03", OWN, "01", OTHER), "nhsa.certificates_differ", "certno"),
        (("01", TOKEN, "07", "E12345678"), "nhsa.psn_cert_type", "psn_cert_type"),
    ],
)
def test_what_cannot_name_a_person_is_refused_by_its_field(
    voucher: tuple[str | None, ...], code: str, field: str
) -> None:
    with pytest.raises(Problem) as raised:
        named(*voucher)
    assert raised.value.spec.code == code
    assert [error.pointer for error in raised.value.errors] == [f"/input/data/{field}"]
