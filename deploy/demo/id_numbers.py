"""GB 11643 numbers under the fictional division prefix 990101, so none can belong to a living person."""

from collections import Counter
from datetime import date

from stdnum.cn import ric

from deploy.demo.model import COUNTY_CODE, MALE, Disability

_LAST_CENTURY = "19"


def with_check_digit(first_seventeen: str) -> str:
    """Append the check character to the first seventeen digits."""
    return first_seventeen + str(ric.calc_check_digit(f"{first_seventeen}0"))


class IdNumbers:
    """Hands out numbers; the order part counts up per birth day and sex, odd for men."""

    def __init__(self) -> None:
        self._used: Counter[tuple[date, str]] = Counter()

    def next(self, born: date, sex: str) -> str:
        order = 2 * self._used[born, sex] + (1 if sex == MALE else 2)
        self._used[born, sex] += 1
        return with_check_digit(f"{COUNTY_CODE}{born:%Y%m%d}{order:03d}")


def fifteen_digits(id_number: str) -> str | None:
    """The form printed before 1999, or None for someone who never had one."""
    if id_number[6:8] != _LAST_CENTURY:
        return None
    return id_number[:6] + id_number[8:17]


def disability_card(id_number: str, disability: Disability) -> str:
    """Disability-card number: the ID number, one digit of kind, one digit of grade (DOMAIN 3.7)."""
    return f"{id_number}{disability.kind}{disability.grade}"
