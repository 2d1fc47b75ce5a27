"""The restricted class of data: HIV, mental health and the like, which have a scope of their own.

The right to see personal data, or to see bills, is not the right to see these. The list is data
(``restricted_conditions.yaml``).
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import yaml

from shared.auth import Caller

SCOPE: Final = "restricted:read"
HIDDEN: Final = "（限制查阅）"

_LIST = yaml.safe_load((Path(__file__).parent / "restricted_conditions.yaml").read_text(encoding="utf-8"))
_PREFIXES: Final = tuple(prefix for group in _LIST["groups"] for prefix in group["prefixes"])
_CHRONIC: Final = tuple(prefix for group in _LIST["groups"] for prefix in group.get("chronic_codes", ()))


def sees_restricted(caller: Caller) -> bool:
    """Whether the caller may see data of the restricted class."""
    return caller.may(SCOPE)


def any_restricted(diagnoses: Iterable[str]) -> bool:
    """Whether any of these ICD-10 codes belongs to the restricted class."""
    return any(code.startswith(_PREFIXES) for code in diagnoses)


def restricted_chronic(chronic_code: str) -> bool:
    """Whether an NHSA code of a chronic disease (门诊慢特病病种编码) belongs to the restricted class."""
    return chronic_code.startswith(_CHRONIC)
