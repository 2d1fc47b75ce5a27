"""Read packs from YAML files. Everything that decides lives in ``services.claims.benefits``."""

import json
from collections.abc import Hashable
from pathlib import Path
from typing import Any, Final

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from services.claims.benefits.examples import check_examples
from services.claims.benefits.policy import PackError, PolicyBook, PolicyVersion
from services.claims.benefits.read import read_version

HERE: Final = Path(__file__).parent
SCHEMA: Final[dict[str, Any]] = json.loads((HERE / "pack.schema.json").read_text(encoding="utf-8"))
VALIDATOR: Final = Draft202012Validator(SCHEMA)


class _Strict(yaml.constructor.SafeConstructor):
    """Dates stay text, and a key given twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Refuse repeated keys, of which YAML would silently let the last one win."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        repeated = next((key for index, key in enumerate(keys) if key in keys[:index]), None)
        if repeated is not None:
            raise PackError(f"line {node.start_mark.line + 1}", f"the key {repeated} is given twice")
        return super().construct_mapping(node, deep)


_RESOLVERS: Final = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class PackLoader(_Strict, yaml.SafeLoader):
    """Safe YAML, read strictly; says best what is wrong."""

    yaml_implicit_resolvers = _RESOLVERS


class _QuickLoader(_Strict, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # by name
    """The same, many times faster where PyYAML was built with libyaml.

    For shipped files only: libyaml ends the process when a text is nested too deeply.
    """

    yaml_implicit_resolvers = _RESOLVERS


def parse_pack(text: str) -> PolicyVersion:
    """Compile the text of one version. Raises ``PackError``."""
    return compile_pack(load_yaml(text))


def _parse_own(text: str) -> PolicyVersion:
    """As ``parse_pack``, quickly. What is wrong is told by the loader that tells it best."""
    try:
        raw = yaml.load(text, Loader=_QuickLoader)
    except (yaml.YAMLError, PackError):
        return parse_pack(text)
    return compile_pack(raw)


def load_yaml(text: str) -> Any:
    """The plain data of a text. Raises ``PackError`` for what is no YAML or gives a key twice."""
    return read_yaml(text)[1]


def read_yaml(text: str) -> tuple[yaml.Node | None, Any]:
    """The same, and before it the nodes it was made of, which know their lines."""
    try:
        loader = PackLoader(text)
        root = loader.get_single_node()
        return root, None if root is None else loader.construct_document(root)
    except (yaml.YAMLError, RecursionError) as error:
        raise PackError("", f"not readable as YAML: {error}") from error


def compile_pack(raw: Any) -> PolicyVersion:
    """Compile the plain data of one version after checking it against the schema. Raises ``PackError``.

    The worked examples are checked in a book (``benefits.examples.check_examples``), because a version is in
    force only until the next one.
    """
    mistake = best_match(VALIDATOR.iter_errors(raw))
    if mistake is not None:
        raise PackError("/".join(map(str, mistake.absolute_path)), mistake.message)
    return read_version(raw)


def load_book(pack: str, folder: Path = HERE) -> PolicyBook:
    """All versions of one shipped pack, examples checked. Raises ``PackError`` naming file and place."""
    book = PolicyBook([_load_version(path) for path in sorted((folder / pack).glob("*.yaml"))])
    check_examples(book)
    return book


def load_books(folder: Path = HERE) -> dict[str, PolicyBook]:
    """Every shipped pack by name."""
    packs = sorted({path.parent.name for path in folder.glob("*/*.yaml")})
    return {pack: load_book(pack, folder) for pack in packs}


def _load_version(path: Path) -> PolicyVersion:
    name = f"{path.parent.name}/{path.name}"
    try:
        version = _parse_own(path.read_text(encoding="utf-8"))
    except PackError as error:
        raise PackError(f"{name}: {error.path}", error.message) from error
    if (version.pack, version.version) != (path.parent.name, path.stem):
        raise PackError(name, "folder and file are named after the pack and its effective date")
    return version
