"""One uploaded version: its text, its plain data and the compiled rules, or the refusal."""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from services.claims.benefits.policy import PackError, PolicyVersion
from services.claims.benefits.read import read_version
from services.claims.packs.faults import engine_fault, fault, schema_faults
from services.claims.packs.problems import PACK_INVALID, PACK_UNREADABLE
from services.claims.packs.reading import Unreadable, as_text, decode, read_text
from shared import strict_json
from shared.problems import MALFORMED_JSON, FieldError, Problem

FIRST_YEAR, LAST_YEAR = 2000, 2099
# Python's \d and $ take more than a schema's author means.
_EXACT: Final = {"pack": r"[a-z][a-z0-9-]{1,39}", "jurisdiction": r"[0-9]{2,12}"}


@dataclass(frozen=True, slots=True)
class Parsed:
    """A version as it was sent. ``version.version`` is its effective date, whatever its revision will be."""

    text: str
    digest: str
    raw: dict[str, Any]
    version: PolicyVersion


def parse_yaml(body: bytes) -> Parsed:
    """Read a YAML body, or refuse it with every mistake found."""
    try:
        return parse_text(decode(body))
    except Unreadable as error:
        raise _unreadable(error) from error


def parse_json(body: bytes) -> Parsed:
    """Read a JSON body; what is kept and counts is its text as ``as_text`` writes it."""
    try:
        return parse_text(as_text(strict_json.loads(body)))
    except strict_json.BadJson as error:
        raise Problem(MALFORMED_JSON, reason_zh=error.zh, reason_en=error.en) from error


def parse_text(text: str) -> Parsed:
    """Compile a pack's text; raises ``Problem`` (``claims.pack_unreadable``, ``claims.pack_invalid``)."""
    try:
        raw = read_text(text)
    except Unreadable as error:
        raise _unreadable(error) from error
    faults = schema_faults(raw) or _exact_faults(raw)
    if faults:
        raise _invalid(faults)
    try:
        version = read_version(raw)
    except PackError as error:
        raise _invalid([engine_fault(error)]) from error
    return Parsed(text, digest_of(text), raw, version)


def digest_of(text: str) -> str:
    """SHA-256 of a pack's text in UTF-8, as hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def label_of(effective_from: date, revision: int) -> str:
    """What settlements record as the policy version: ``2026-01-01``, corrected ``2026-01-01.r2``."""
    return effective_from.isoformat() if revision == 1 else f"{effective_from.isoformat()}.r{revision}"


def labelled(version: PolicyVersion, revision: int) -> PolicyVersion:
    """The version under the name that settlements record for this revision."""
    return replace(version, version=label_of(version.effective_from, revision))


def _exact_faults(raw: dict[str, Any]) -> list[FieldError]:
    faults = [
        fault(f"/{name}", f"格式应为 {pattern}", f"must have the form {pattern}")
        for name, pattern in _EXACT.items()
        if not re.fullmatch(pattern, raw[name])
    ]
    year = raw["effective_from"][:4]
    if not FIRST_YEAR <= int(year) <= LAST_YEAR:
        zh, en = (
            f"生效日期应在 {FIRST_YEAR} 至 {LAST_YEAR} 年之间",
            f"must lie in {FIRST_YEAR} to {LAST_YEAR}",
        )
        faults.append(fault("/effective_from", zh, en))
    return faults


def _invalid(faults: list[FieldError]) -> Problem:
    return Problem(PACK_INVALID, errors=faults, count=len(faults))


def _unreadable(error: Unreadable) -> Problem:
    return Problem(PACK_UNREADABLE, pointer="", reason_zh=error.zh, reason_en=error.en)
