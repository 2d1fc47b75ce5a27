"""The referral rules as shipped."""

from functools import cache
from pathlib import Path
from typing import Final

from services.claims.referrals.rules import ReferralRules
from services.claims.shipped_rules import read_rules

_FILE: Final = Path(__file__).with_name("rules.yaml")


@cache
def referral_rules() -> ReferralRules:
    """The rules in force; a part without a known source is an error."""
    rules = read_rules(_FILE)
    compliant, validity, late = (rules.content[name] for name in ("compliant", "validity", "late_filing"))
    rule = rules.source_of(compliant)
    if not {validity["source"], late["source"]} <= rules.titles.keys():
        raise ValueError("rules.yaml names a source that it does not list")
    return ReferralRules(
        frozenset(compliant["levels"]), rule, validity["months"], validity["limit_months"], late["days"]
    )
