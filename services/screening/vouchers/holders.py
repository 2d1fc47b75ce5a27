"""The custody chain (DOMAIN S-62): cooperative-medical office → township government → village cadre.

A holder is the division it acts for: 6 digits the county's office, 9 a township, 12 a village.
"""

from enum import StrEnum

from shared.divisions import COUNTY_DIGITS, TOWNSHIP_DIGITS, VILLAGE_DIGITS, county_of

HOLDER_PATTERN = r"^[0-9]{6}([0-9]{3}([0-9]{3})?)?$"


class Level(StrEnum):
    """A step of the chain."""

    OFFICE = "office"
    TOWNSHIP = "township"
    VILLAGE = "village"


_LEVELS = {COUNTY_DIGITS: Level.OFFICE, TOWNSHIP_DIGITS: Level.TOWNSHIP, VILLAGE_DIGITS: Level.VILLAGE}
_PARENT_DIGITS = {TOWNSHIP_DIGITS: COUNTY_DIGITS, VILLAGE_DIGITS: TOWNSHIP_DIGITS}


def level_of(holder: str) -> Level:
    """Which step of the chain a holder is."""
    return _LEVELS[len(holder)]


def may_hand_over(giver: str, receiver: str) -> bool:
    """Whether vouchers may pass: one step down the chain, or back up the same step."""
    lower, upper = sorted((giver, receiver), key=len, reverse=True)
    return len(upper) == _PARENT_DIGITS.get(len(lower)) and lower.startswith(upper)


def first_automatic_serial(county_code: str, year: int, county_quota: int) -> int:
    """The first of the serials that are given out for a county and year: county, year, running number."""
    return (int(county_of(county_code)) * 100 + year % 100) * county_quota + 1
