"""The subsidy programmes as shipped."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from services.claims.payments.subsidies.rules import Programme, Standard
from shared.money import parse_yuan

_FILE: Final = Path(__file__).with_name("programmes.yaml")


@cache
def programmes() -> dict[str, Programme]:
    """The programmes by their id; a standard without a known source is an error."""
    raw = content()
    titles = {name: source["title"] for name, source in raw["sources"].items()}
    return {
        row["id"]: Programme(
            row["id"],
            row["title"],
            row["payer"],
            row["schedule"],
            tuple(
                Standard(
                    standard["category"],
                    date.fromisoformat(standard["valid_from"]),
                    date.fromisoformat(standard["announced_on"]),
                    parse_yuan(standard["monthly"]),
                    f"{titles[standard['source']]}：{standard['clause']}",
                    standard["verified"],
                )
                for standard in row["standards"]
            ),
        )
        for row in raw["programmes"]
    }


def content() -> dict[str, Any]:
    """The file as it is, with its worked examples."""
    read: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return read
