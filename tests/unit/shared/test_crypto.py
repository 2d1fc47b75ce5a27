"""Personal data at rest."""

import pytest
from cryptography.exceptions import InvalidTag

from shared.crypto import BlindIndex, FieldCipher

KEYS = {"k1": b"1" * 32, "k2": b"2" * 32}


def test_a_sealed_value_opens_only_in_its_own_row() -> None:
    cipher = FieldCipher(KEYS, "k1")
    sealed = cipher.encrypt("99010119800101001X", b"people.id_number.1")
    assert b"99010119" not in sealed
    assert cipher.decrypt(sealed, b"people.id_number.1") == "99010119800101001X"
    with pytest.raises(InvalidTag):
        cipher.decrypt(sealed, b"people.id_number.2")


def test_old_values_stay_readable_after_the_key_is_changed() -> None:
    sealed = FieldCipher(KEYS, "k1").encrypt("x", b"row")
    assert FieldCipher(KEYS, "k2").decrypt(sealed, b"row") == "x"


def test_the_same_text_is_sealed_differently_each_time() -> None:
    cipher = FieldCipher(KEYS, "k1")
    assert cipher.encrypt("x", b"row") != cipher.encrypt("x", b"row")


def test_the_blind_index_depends_on_the_key_and_the_value() -> None:
    index = BlindIndex(b"1" * 32)
    assert index.of("a") == index.of("a")
    assert index.of("a") != index.of("b")
    assert index.of("a") != BlindIndex(b"2" * 32).of("a")
    with pytest.raises(ValueError, match="32 bytes"):
        BlindIndex(b"short")
