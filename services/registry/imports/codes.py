"""The crosswalks of ``codes.yaml`` and the headings of ``headings.yaml``, ready for look-up."""

from importlib.resources import files
from typing import Any

import yaml

from shared.sheets.cells import plain
from shared.sheets.headings import Headings


def _read(name: str) -> dict[str, Any]:
    text = files(__package__).joinpath(name).read_text("utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    return content


def _by_text(table: dict[str, list[str]]) -> dict[str, str]:
    return {plain(text): code for code, texts in table.items() for text in texts}


_CODES = _read("codes.yaml")


def accepted(table: str) -> str:
    """The standard text of every code of a table, for people to choose from."""
    return "、".join(texts[0] for texts in _CODES[table].values())


YES_NO = {text: code == "yes" for text, code in _by_text(_CODES["yes_no"]).items()} | {"": False}
HOUSEHOLD_CLASS = _by_text(_CODES["household_class"])
MONITORED_CLASS = _by_text(_CODES["monitored_class"])
AID = _by_text(_CODES["aid"])
HEALTH = _by_text(_CODES["health"])
RELATION = _by_text(_CODES["relation"])
STATUS = _by_text(_CODES["status"])
SCHEME = _by_text(_CODES["scheme"])
SEX = _by_text(_CODES["sex"])
ETHNICITY = {name: code for code, name in _CODES["ethnicity"].items()} | {
    f"{name}族": code for code, name in _CODES["ethnicity"].items()
}
ETHNICITY_BY_SYSTEM = {
    "gbt3304": {code: code for code in _CODES["ethnicity"]},
    "ab01": dict(_CODES["ethnicity_ab01"]),
}
NOTHING = frozenset({"", "无", "否", "未享受", "-", "/"})
"""Texts that mean "none of them" in the columns of monitoring and aid."""


HEADINGS = {kind: Headings(columns) for kind, columns in _read("headings.yaml").items()}
