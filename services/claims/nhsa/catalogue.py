"""The county's charge catalogue, if the platform has one: level, up-front copay and price limit by code.

A CSV file with the columns med_list_codg, chrgitm_lv, selfpay_prop, pric_uplmt_amt, med_chrgitm_type. Without
it, or for a code that it does not list, a line itself has to say its level.
"""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter

from services.claims.nhsa.fields import MaybePrice, MaybeRate

_RATE: TypeAdapter[int | None] = TypeAdapter(MaybeRate)
_PRICE: TypeAdapter[int | None] = TypeAdapter(MaybePrice)


class Listed(NamedTuple):
    """What the catalogue says about a code."""

    chrgitm_lv: str
    selfpay_prop_bp: int
    price_limit_e4: int | None
    med_chrgitm_type: str | None


Catalogue = Mapping[str, Listed]


def read_catalogue(file: Path | None) -> Catalogue:
    """The catalogue of a file; a row that cannot be read refuses to start."""
    if file is None:
        return {}
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return {row["med_list_codg"]: _listed(row) for row in csv.DictReader(lines)}


def _listed(row: Mapping[str, str]) -> Listed:
    return Listed(
        row["chrgitm_lv"],
        _RATE.validate_python(row.get("selfpay_prop")) or 0,
        _PRICE.validate_python(row.get("pric_uplmt_amt")),
        row.get("med_chrgitm_type") or None,
    )
