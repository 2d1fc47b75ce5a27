"""Documents whose examples are run: shell blocks, and what they must print."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

_BLOCK = re.compile(r"^```(bash|json)\n(.*?)^```$|^<!-- (\S+) -->$", re.DOTALL | re.MULTILINE)
_END = "@@@ end of block"
_ANYTHING = "…"


@dataclass(frozen=True)
class Example:
    """A shell block, the reply that the document shows, and the mark that stands before it, if any."""

    no: int
    script: str
    shown: Any
    mark: str | None


def examples(document: str) -> Iterator[Example]:
    """The shell blocks of a document in order, each with the JSON block that follows it."""
    blocks = [match.groups() for match in _BLOCK.finditer(document)]
    mark = None
    for no, (language, text, marked) in enumerate(blocks):
        if marked is not None:
            mark = marked
        elif language == "bash":
            following = blocks[no + 1] if no + 1 < len(blocks) else (None, None, None)
            shown = json.loads(following[1]) if following[0] == "json" and following[1] else None
            yield Example(no, text, shown, mark)
            mark = None


class Shell:
    """One bash for all blocks of a document, so that later ones see the variables of earlier ones."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            ["bash", "-u"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=dict(environment),
        )

    def __enter__(self) -> "Shell":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def run(self, script: str) -> str:
        """What a block prints, errors included."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(f"{script}\necho\necho '{_END}'\n")
        stdin.flush()
        lines: list[str] = []
        for line in stdout:
            if line.rstrip("\n") == _END:
                return "".join(lines).strip()
            lines.append(line)
        raise AssertionError(f"the shell ended:\n{''.join(lines)}")


def differences(shell: Shell, document: str, before: Callable[[Example], None] | None = None) -> list[str]:
    """What the blocks of a document print otherwise than it shows; ``before`` is told of each block first."""
    wrong = []
    for example in examples(document):
        if before is not None:
            before(example)
        printed = shell.run(example.script)
        if example.shown is None:
            continue
        last = printed.splitlines()[-1] if printed else ""
        found = json.loads(last) if last.startswith("{") else last
        fault = difference(example.shown, found)
        if fault:
            wrong.append(f"{example.script}\n{fault}\n{printed[:2000]}")
    return wrong


def difference(shown: Any, found: Any, path: str = "") -> str | None:
    """Where a reply does not say what the document shows; ``…`` stands for anything, also inside a text."""
    if isinstance(shown, str) and _ANYTHING in shown:
        pattern = ".*".join(map(re.escape, shown.split(_ANYTHING)))
        if shown == _ANYTHING or (isinstance(found, str) and re.fullmatch(pattern, found, re.DOTALL)):
            return None
    elif isinstance(shown, dict) and isinstance(found, dict):
        missing = [name for name in shown if name not in found]
        if missing:
            return f"{path}: {missing[0]} is not there"
        faults = (difference(shown[name], found[name], f"{path}.{name}") for name in shown)
        return next(filter(None, faults), None)
    elif isinstance(shown, list) and isinstance(found, list) and len(shown) <= len(found):
        faults = (
            difference(*pair, f"{path}[{no}]") for no, pair in enumerate(zip(shown, found, strict=False))
        )
        return next(filter(None, faults), None)
    elif shown == found:
        return None
    return f"{path}: {shown!r} is shown, {found!r} was found"
