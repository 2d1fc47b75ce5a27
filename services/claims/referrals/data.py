"""The referral rules as shipped."""

from functools import cache
from pathlib import Path
from typing import Final

import yaml

from services.claims.referrals.rules import ReferralRules

_FILE: Final = Path(__file__).with_name("rules.yaml")


@cache
def referral_rules() -> ReferralRules:
    """The rules in force; a part without a known source is an error."""
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    titles = {name: source["title"] for name, source in raw["sources"].items()}
    compliant, validity, late = raw["compliant"], raw["validity"], raw["late_filing"]
    rule = f"{titles[compliant['source']]}：{compliant['clause']}"
    if not {validity["source"], late["source"]} <= titles.keys():
        raise ValueError("rules.yaml names a source that it does not list")
    return ReferralRules(
        frozenset(compliant["levels"]), rule, validity["months"], validity["limit_months"], late["days"]
    )
