"""Check the text of one version for its author: every mistake with its line, every example compared."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from jsonschema.exceptions import ValidationError, best_match

from services.claims.benefits.comparison import FailedExample
from services.claims.benefits.examples import ExamplesFailed, check_examples
from services.claims.benefits.policy import PackError, PolicyBook, PolicyVersion
from services.claims.benefits.read import read_version
from services.claims.policies.load import SCHEMA, VALIDATOR, parse_pack, read_yaml
from services.claims.policies.reasons import in_chinese, schema_reason

MOST_MISTAKES = 20
"""More are not shown: one slip of the indentation makes dozens."""


class Mistake(NamedTuple):
    """Something wrong at one place; ``line`` is 0 where the text has no such place."""

    line: int
    place: str
    reason: str

    def __str__(self) -> str:
        line = f"第 {self.line} 行" if self.line else ""
        return f"{' '.join(filter(None, (line, self.place))) or '整个文件'}：{self.reason}"


class PackReport(NamedTuple):
    """What a check found; the version is ``None`` when the text could not be compiled."""

    version: PolicyVersion | None
    mistakes: tuple[Mistake, ...]
    unverified: tuple[Mistake, ...]

    @property
    def holds(self) -> bool:
        """Whether the version may be used."""
        return self.version is not None and not self.mistakes

    def lines(self, show_unverified: bool = False) -> Iterator[str]:
        """The report in Chinese, line by line."""
        if self.mistakes:
            yield f"不能使用，有 {len(self.mistakes)} 处错误："
            yield from (f"  {mistake}" for mistake in self.mistakes)
        elif self.version is not None:
            yield (
                f"正确：{self.version.pack} {self.version.version}（区划 {self.version.jurisdiction}），"
                f"{len(self.version.layers)} 个支付层，{len(self.version.examples)} 个例题全部算得一致"
            )
        if self.unverified:
            yield f"尚有 {len(self.unverified)} 处规定未核对原文（verified: false），启用前请核实"
            yield from (f"  {place}" for place in self.unverified if show_unverified)


def check_file(path: Path) -> PackReport:
    """Check one version together with the other versions of its pack that lie in the same folder."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return PackReport(None, (Mistake(0, "", "文件不是 UTF-8 编码"),), ())
    draft = _read(text)
    if isinstance(draft, PackReport):
        return draft
    versions = []
    for other in _beside(path):
        try:
            versions.append(parse_pack(other.read_text(encoding="utf-8")))
        except (PackError, UnicodeDecodeError):
            alone = _judged(draft, ())
            reason = f"同一文件夹中的 {other.name} 有错误，请先检查它；不属于本政策包的文件请放到别的文件夹"
            return alone._replace(mistakes=(*alone.mistakes, Mistake(0, "", reason)))
    return _judged(draft, [version for version in versions if version.pack == draft.version.pack])


def _beside(path: Path) -> list[Path]:
    return [other for other in sorted(path.parent.glob("*.yaml")) if not other.samefile(path)]


def check_pack(text: str, others: Sequence[PolicyVersion] = ()) -> PackReport:
    """Everything that is wrong with the text of a version; ``others`` are further versions of its pack."""
    draft = _read(text)
    return draft if isinstance(draft, PackReport) else _judged(draft, others)


class Lines:
    """Finds the line of a place (``layers/0/benefits/1``) in a text."""

    def __init__(self, root: yaml.Node | None) -> None:
        self._root = root

    def mistake(self, place: str, reason: str) -> Mistake:
        """A mistake at a place, with the line and the identifier of the nearest rule or example."""
        node, names = self._root, [""]
        for part in place.split("/") if place else []:
            deeper = _child(node, part)
            if deeper is None:
                break
            node = deeper
            names += [child.value for key in ("id", "name") if (child := _child(node, key)) is not None]
        label = f"{place}（{names[-1]}）" if names[-1] else place
        return Mistake(node.start_mark.line + 1 if node is not None else 0, label, reason)


class _Draft(NamedTuple):
    """A version that could be compiled; its examples are still to be checked."""

    raw: dict[str, Any]
    version: PolicyVersion
    lines: Lines


def _read(text: str) -> _Draft | PackReport:
    """The draft in a text, or a report of why there is none."""
    try:
        root, raw = read_yaml(text)
    except PackError as error:
        return PackReport(None, (_unreadable(error),), ())
    lines = Lines(root)
    leaves = [best_match([error]) or error for error in VALIDATOR.iter_errors(raw)]
    if leaves:
        mistakes = sorted({_schema_mistake(leaf, lines) for leaf in leaves})
        return PackReport(None, tuple(mistakes[:MOST_MISTAKES]), ())
    try:
        return _Draft(raw, read_version(raw), lines)
    except PackError as error:
        return _refused(error, lines)


def _judged(draft: _Draft, others: Sequence[PolicyVersion]) -> PackReport:
    raw, version, lines = draft
    try:
        check_examples(PolicyBook([version, *others]))
    except ExamplesFailed as failed:
        return PackReport(version, _failed_examples(failed, raw, version, lines), _unverified(raw, lines))
    except PackError as error:
        return _refused(error, lines)
    return PackReport(version, (), _unverified(raw, lines))


def _refused(error: PackError, lines: Lines) -> PackReport:
    return PackReport(None, (lines.mistake(error.path, in_chinese(error.message)),), ())


def _child(node: yaml.Node | None, part: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == part), None)
    if isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
        item: yaml.Node = node.value[int(part)]
        return item
    return None


def _unreadable(error: PackError) -> Mistake:
    if isinstance(error.__cause__, yaml.MarkedYAMLError) and error.__cause__.problem_mark is not None:
        mark = error.__cause__.problem_mark
        return Mistake(
            mark.line + 1, "", f"第 {mark.column + 1} 列附近不是有效的 YAML（{error.__cause__.problem}）"
        )
    line = int(error.path.removeprefix("line ")) if error.path.startswith("line ") else 0
    return Mistake(line, "", in_chinese(error.message))


def _schema_mistake(error: ValidationError, lines: Lines) -> Mistake:
    place = "/".join(map(str, error.absolute_path))
    return lines.mistake(place, schema_reason(error, SCHEMA["$defs"]))


def _failed_examples(
    failed: ExamplesFailed, raw: dict[str, Any], version: PolicyVersion, lines: Lines
) -> tuple[Mistake, ...]:
    """One mistake per failed example; an example of another version is told without a line."""
    if failed.path != f"{version.pack}/{version.version}/examples":
        return tuple(Mistake(0, failed.path, _compared(example, raw, version)) for example in failed.failed)
    examples = {example["name"]: f"examples/{place}" for place, example in enumerate(raw["examples"])}
    insurance = raw.get("relapse_insurance", {})
    for path, part in (("", insurance), ("/policy", insurance.get("policy", {}))):
        of_relapse = enumerate(part.get("examples", ()))
        examples |= {each["name"]: f"relapse_insurance{path}/examples/{place}" for place, each in of_relapse}
    return tuple(
        lines.mistake(examples[example.name], _compared(example, raw, version)) for example in failed.failed
    )


def _compared(example: FailedExample, raw: dict[str, Any], version: PolicyVersion) -> str:
    if example.misplaced:
        return in_chinese(example.misplaced)
    names = {
        "eligible": "政策范围内费用",
        "person_pays": "个人负担",
        "pays": "防贫保赔付",
        "insured_count": "防贫保投保人数",
        "premium": "防贫保保费",
        "waived": "减免合计",
    }
    names |= {f"payers/{layer.payer}": f"{layer.title}支付" for layer in version.layers}
    names |= {f"movements/{kind}": f"累计项“{title}”" for kind, title in raw["accumulators"].items()}
    return "；".join(
        f"{names.get(line.name, line.name)}例题写 {line.stated} {line.unit}，"
        f"按规则算得 {line.found} {line.unit}"
        for line in example.differences
    )


def _unverified(raw: dict[str, Any], lines: Lines) -> tuple[Mistake, ...]:
    """Every rule that says ``verified: false``, with its clause."""
    return tuple(lines.mistake(place, clause) for place, clause in _doubtful(raw, ""))


def _doubtful(node: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        if node.get("verified") is False:
            yield place, str(node.get("clause", ""))
        for key, value in node.items():
            yield from _doubtful(value, f"{place}/{key}".lstrip("/"))
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from _doubtful(item, f"{place}/{index}")
