"""The packs that come with the software, as versions like those that are published."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

from services.claims.benefits.policy import PolicyBook, PolicyVersion
from services.claims.packs.parse import digest_of
from services.claims.packs.reading import read_text
from services.claims.policies.load import HERE, load_books

_IDS: Final = UUID("5e1f6a52-3c0c-4a0e-9c9b-1d1b7d1a90c4")
BY: Final = "kangfu"
"""Who prepared what is shipped."""


class ShippedVersion:
    """One version of a shipped pack. Its id is the same in every process and release."""

    def __init__(self, version: PolicyVersion, path: Path) -> None:
        self.version = version
        self.id = uuid5(_IDS, f"{version.pack}/{version.version}")
        self._path = path

    @cached_property
    def text(self) -> str:
        """The file."""
        return self._path.read_text(encoding="utf-8")

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the file's text."""
        return digest_of(self.text)

    @cached_property
    def raw(self) -> dict[str, Any]:
        """Its plain data."""
        raw: dict[str, Any] = read_text(self.text)
        return raw


class ShippedPacks:
    """Every shipped pack, its examples checked when the process starts."""

    def __init__(self, folder: Path = HERE) -> None:
        self.books: Mapping[str, PolicyBook] = load_books(folder)
        self.versions = [
            ShippedVersion(version, folder / version.pack / f"{version.version}.yaml")
            for book in self.books.values()
            for version in book.versions
        ]

    def of(self, pack: str) -> list[ShippedVersion]:
        """The versions of one pack, oldest first; none for a pack that is not shipped."""
        return [each for each in self.versions if each.version.pack == pack]

    def get(self, id_: UUID) -> ShippedVersion | None:
        """The version with an id."""
        return next((each for each in self.versions if each.id == id_), None)
