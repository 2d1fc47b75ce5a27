"""Small lists of rules that come with the service as YAML: each row names a source of the same file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class ShippedRules:
    """The content of such a file, and the titles of its sources by name."""

    content: Mapping[str, Any]
    titles: Mapping[str, str]

    def source_of(self, row: Mapping[str, Any]) -> str:
        """Title and clause of the row's source; ``KeyError`` when the file does not list it."""
        return f"{self.titles[row['source']]}：{row['clause']}"


def read_rules(file: Path) -> ShippedRules:
    """Read a file with ``sources`` beside its rules."""
    content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return ShippedRules(content, {name: source["title"] for name, source in content["sources"].items()})
