"""Read packs from YAML files. Everything that decides lives in ``services.claims.benefits``."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any, Final

import yaml

from services.claims.benefits.policy import PackError, PolicyBook, PolicyVersion
from services.claims.benefits.read import read_version

HERE: Final = Path(__file__).parent


class PackLoader(yaml.SafeLoader):
    """Safe YAML in which text stays text (no dates) and a key given twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Refuse repeated keys, which YAML would silently let win."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for index, key in enumerate(keys):
            if key in keys[:index]:
                raise PackError(f"line {node.start_mark.line + 1}", f"the key {key} is given twice")
        return super().construct_mapping(node, deep)


PackLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse_pack(text: str) -> PolicyVersion:
    """Compile the text of one version. Raises ``PackError``."""
    try:
        raw = yaml.load(text, Loader=PackLoader)
    except yaml.YAMLError as error:
        raise PackError("", f"not readable as YAML: {error}") from error
    return read_version(raw)


def load_book(pack: str, folder: Path = HERE) -> PolicyBook:
    """All versions of one shipped pack. Raises ``PackError`` naming file and place."""
    versions = [_load_version(path) for path in sorted((folder / pack).glob("*.yaml"))]
    return PolicyBook(versions)


def load_books(folder: Path = HERE) -> dict[str, PolicyBook]:
    """Every shipped pack by name."""
    packs = sorted(path.name for path in folder.iterdir() if any(path.glob("*.yaml")))
    return {pack: load_book(pack, folder) for pack in packs}


def _load_version(path: Path) -> PolicyVersion:
    try:
        version = parse_pack(path.read_text(encoding="utf-8"))
    except PackError as error:
        raise PackError(f"{path.parent.name}/{path.name}: {error.path}", error.message) from error
    if (version.pack, version.version) != (path.parent.name, path.stem):
        raise PackError(
            f"{path.parent.name}/{path.name}", "folder and file name must be pack and effective date"
        )
    return version
