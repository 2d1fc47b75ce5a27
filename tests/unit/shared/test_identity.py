"""Identity numbers as county offices write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import identity
from shared.identity import BadIdentity, IdentityFault

# Both are the computed vectors of the standard's own description; nobody carries them.
VALID = "11010519491231002X"


def test_a_valid_number_is_accepted_in_any_spelling() -> None:
    assert identity.check_id_number(VALID) == VALID
    assert identity.check_id_number(" １１０１０５１９４９１２３１００２x ") == VALID
    assert identity.check_id_number("440524188001010014") == "440524188001010014"


@pytest.mark.parametrize("place", range(18))
def test_a_change_of_any_one_digit_is_noticed(place: int) -> None:
    digit = VALID[place]
    changed = "1" if digit != "1" else "2"
    with pytest.raises(BadIdentity):
        identity.check_id_number(VALID[:place] + changed + VALID[place + 1 :])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", IdentityFault.LENGTH),
        ("1101051949123100", IdentityFault.LENGTH),
        ("110105491231002", IdentityFault.OLD_FORM),
        ("110105194902310020", IdentityFault.CHECKSUM),
        ("11010519491231002A", IdentityFault.CHECKSUM),
    ],
)
def test_the_reason_of_a_refusal_is_told(text: str, fault: IdentityFault) -> None:
    with pytest.raises(BadIdentity) as refused:
        identity.check_id_number(text)
    assert refused.value.fault is fault


def test_the_old_form_is_lengthened_on_import_only() -> None:
    assert identity.for_import("110105491231002").number == VALID


def test_a_disability_card_gives_the_number_kind_and_grade() -> None:
    assert identity.for_import(VALID + "43") == identity.IdNumber(VALID, "4", "3")
    assert identity.for_import(VALID + "43B1").disability_grade == "3"
    assert identity.for_import(VALID).disability_kind is None


def test_birth_date_and_sex_come_from_the_number() -> None:
    assert identity.birth_date(VALID) == date(1949, 12, 31)
    assert identity.sex(VALID) == "2"
    assert identity.sex("440524188001010014") == "1"


def test_a_masked_number_shows_three_and_four_digits() -> None:
    assert identity.mask("510121199001011234") == "510***********1234"


@given(st.text(max_size=30))
def test_any_text_is_either_a_number_or_a_plain_refusal(text: str) -> None:
    try:
        number = identity.for_import(text).number
    except BadIdentity as refused:
        assert refused.fault in IdentityFault
    else:
        assert identity.check_id_number(number) == number
