"""The programmes of this installation, read from the YAML files beside this module."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

import yaml

from services.screening.problems import NOT_IN_FORCE, UNKNOWN_PROGRAMME
from services.screening.programmes.model import Programme
from shared.problems import Problem

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Versions:
    """Every version of one programme, oldest first."""

    code: str
    versions: tuple[Programme, ...]

    def on(self, day: date) -> Programme:
        """The version in force on a day; a day before the first version is refused."""
        for programme in reversed(self.versions):
            if programme.valid_from <= day:
                return programme
        first = self.versions[0].valid_from
        raise Problem(NOT_IN_FORCE, programme=self.code, first_day=first.isoformat())

    @property
    def newest(self) -> Programme:
        """The version with the latest first day."""
        return self.versions[-1]


@dataclass(frozen=True, slots=True)
class ProgrammeBook:
    """All programmes by code."""

    by_code: Mapping[str, Versions]

    @classmethod
    def of(cls, programmes: Iterable[Programme]) -> Self:
        """Group versions by programme; two versions with the same first day are an error."""
        found: dict[str, dict[date, Programme]] = {}
        for programme in programmes:
            versions = found.setdefault(programme.code, {})
            if programme.valid_from in versions:
                raise ValueError(f"two versions of {programme.code} begin on {programme.valid_from}")
            versions[programme.valid_from] = programme
        return cls(
            {
                code: Versions(code, tuple(versions[day] for day in sorted(versions)))
                for code, versions in sorted(found.items())
            }
        )

    def versions_of(self, code: str) -> Versions:
        """The programme with a code, or a refusal that names the known ones."""
        found = self.by_code.get(code)
        if found is None:
            raise Problem(UNKNOWN_PROGRAMME, known="、".join(self.by_code))
        return found


def load_programmes(folder: Path = _FOLDER) -> ProgrammeBook:
    """Read and validate every programme file; a fault in one refuses to start the service."""
    return ProgrammeBook.of(
        Programme.model_validate(document)
        for file in sorted(folder.glob("*.yaml"))
        for document in yaml.safe_load_all(file.read_text(encoding="utf-8"))
    )
