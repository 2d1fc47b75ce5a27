"""Administrative division codes: 6 digits county (GB/T 2260), 9 township (GB/T 10114), 12 village."""

COUNTY_DIGITS = 6
TOWNSHIP_DIGITS = 9
VILLAGE_DIGITS = 12
_LENGTHS = {2, 4, COUNTY_DIGITS, TOWNSHIP_DIGITS, VILLAGE_DIGITS}

COUNTY_PATTERN = r"^[0-9]{6}$"
VILLAGE_PATTERN = r"^[0-9]{12}$"


def is_division(code: str) -> bool:
    """Whether a text has the form of a division code at province, city, county, township or village level."""
    return code.isascii() and code.isdigit() and len(code) in _LENGTHS


def county_of(code: str) -> str:
    """The county that a township or village belongs to."""
    return code[:COUNTY_DIGITS]


def township_of(code: str) -> str:
    """The township that a village belongs to."""
    return code[:TOWNSHIP_DIGITS]
