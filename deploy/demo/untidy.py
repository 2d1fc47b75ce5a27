"""Input as county offices really send it: wrong in form, right in content, so it must still be importable."""

from collections.abc import Callable
from random import Random

from deploy.demo.id_numbers import fifteen_digits
from deploy.demo.model import Household

_UNTIDY_PER_MILLE = 35
_FULL_WIDTH = str.maketrans({digit: chr(ord(digit) + 0xFEE0) for digit in "0123456789X"})

Untidy = Callable[[str], str]


def full_width(text: str) -> str:
    """Digits typed with a Chinese input method."""
    return text.translate(_FULL_WIDTH)


def lower_case_x(text: str) -> str:
    return text.lower()


def trailing_spaces(text: str) -> str:
    return f"{text}  "


def ideographic_space(text: str) -> str:
    return f"\u3000{text}"


def trailing_tab(text: str) -> str:
    """The usual trick that keeps a spreadsheet from turning the number into 9.9E+17."""
    return f"{text}\t"


def old_number(text: str) -> str:
    """The fifteen-digit number of the first ID card, for those who had one."""
    return fifteen_digits(text) or text


_KINDS: tuple[Untidy, ...] = (
    full_width,
    lower_case_x,
    trailing_spaces,
    ideographic_space,
    trailing_tab,
    old_number,
)


def choose(seed: int, households: tuple[Household, ...]) -> dict[str, Untidy]:
    """Household number → how its clerk spells ID numbers, for the few households with an untidy clerk."""
    rng = Random(f"untidy/{seed}")
    return {
        household.household_no: rng.choice(_KINDS)
        for household in households
        if rng.randrange(1000) < _UNTIDY_PER_MILLE
    }
