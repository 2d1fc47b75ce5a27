"""Reply of the coverage figures."""

from shared.fields import RateOut, Reply


class Ratio(Reply):
    """A rate with the two counts behind it; 0 of nothing is 0."""

    numerator: int
    denominator: int
    rate: RateOut


class CoverageReply(Reply):
    """How far a programme reaches in a county and voucher year (DOMAIN S-69).

    ``eligible`` counts people, ``printed`` vouchers; issued is vouchers per eligible person, redeemed
    is vouchers per issued voucher.
    """

    programme: str
    county_code: str
    year: int
    eligible: int
    printed: int
    issued: Ratio
    redeemed: Ratio
