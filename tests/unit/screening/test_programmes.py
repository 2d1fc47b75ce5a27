"""A programme file with a fault never gets as far as serving a request."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

import services.screening.programmes.book as book
from services.screening.programmes.book import ProgrammeBook, load_programmes
from services.screening.programmes.model import Programme
from shared.problems import Problem

FILE = Path(book.__file__).parent / "farmer_checkup.yaml"


def plain(**changes: Any) -> dict[str, Any]:
    return {**yaml.safe_load(FILE.read_text(encoding="utf-8")), **changes}


def test_the_voucher_programme_says_what_its_sources_say() -> None:
    programme = load_programmes().versions_of("farmer_checkup").newest
    assert (programme.eligibility.scheme, programme.eligibility.consecutive_years) == ("resident", 2)
    assert (programme.vouchers.face_fen, programme.vouchers.per_checkup) == (1_000, 2)
    assert len(programme.items) == 5
    assert [item.code for item in programme.items if item.optional] == ["chest_fluoroscopy"]
    assert (programme.funding.first_half.rate_bp, programme.funding.second_half.rate_bp) == (8_000, 8_000)


@pytest.mark.parametrize(
    "changes",
    [
        {"unknown": 1},
        {"code": "Farmer"},
        {"items": []},
        {"eligibility": {"source": "S-60", "scheme": "resident", "consecutive_years": 0}},
        {"eligibility": {"source": "S-99", "scheme": "resident", "consecutive_years": 2}},
        {"vouchers": {"source": "S-61", "face_value": 10.0, "per_checkup": 2}},
        {"vouchers": {"source": "S-61", "face_value": "0.00", "per_checkup": 2}},
        {"exclusions": [{"code": "x", "source": "S-64", "route_zh": "甲", "route_en": "a"}]},
        {"sources": [{"ref": "S-60", "text": "甲"}, {"ref": "S-60", "text": "乙"}]},
    ],
)
def test_a_programme_with_a_fault_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Programme.model_validate(plain(**changes))


def test_a_file_with_a_fault_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(plain(items=[])), encoding="utf-8")
    with pytest.raises(ValidationError):
        load_programmes(tmp_path)


def test_the_version_in_force_on_the_day_counts() -> None:
    old = Programme.model_validate(plain())
    new = Programme.model_validate(
        plain(
            valid_from=date(2026, 7, 1),
            vouchers={"source": "S-61", "face_value": "12.00", "per_checkup": 2},
        )
    )
    versions = ProgrammeBook.of([new, old]).versions_of("farmer_checkup")
    assert versions.on(date(2026, 6, 30)).vouchers.face_fen == 1_000
    assert versions.on(date(2026, 7, 1)).vouchers.face_fen == 1_200
    assert versions.newest == new
    assert versions.on(old.valid_from) == old
    with pytest.raises(Problem) as refused:
        versions.on(date(2019, 12, 31))
    assert refused.value.spec.code == "screening.programme_not_in_force"


def test_two_versions_of_one_day_are_refused() -> None:
    one = Programme.model_validate(plain())
    with pytest.raises(ValueError, match="two versions"):
        ProgrammeBook.of([one, one])


def test_an_unknown_programme_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Problem) as refused:
        load_programmes().versions_of("nonesuch")
    assert refused.value.params["known"] == "farmer_checkup"
