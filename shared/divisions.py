"""Administrative division codes: 6 digits county (GB/T 2260), 9 township (GB/T 10114), 12 village."""

COUNTY_DIGITS = 6
TOWNSHIP_DIGITS = 9
VILLAGE_DIGITS = 12

COUNTY_PATTERN = r"^[0-9]{6}$"


def county_of(code: str) -> str:
    """The county that a township or village belongs to."""
    return code[:COUNTY_DIGITS]


def township_of(code: str) -> str:
    """The township that a village belongs to."""
    return code[:TOWNSHIP_DIGITS]
