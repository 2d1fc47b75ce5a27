"""Names of the parts of the local system and where their files live."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_RUN_DIR = ROOT / ".run"

SERVICES = ("registry", "claims", "screening")
KINDS = ("api", "worker")
SERVICE_PARTS = tuple(f"{service}-{kind}" for kind in KINDS for service in SERVICES)
PARTS = ("database", "broker", *SERVICE_PARTS)

DEFAULT_PORTS: Mapping[str, int] = {
    "database": 55432,
    "broker": 59092,
    "controller": 59093,
    "registry-api": 8101,
    "claims-api": 8102,
    "screening-api": 8103,
    "registry-worker": 8111,
    "claims-worker": 8112,
    "screening-worker": 8113,
}


class LocalSystemError(Exception):
    """Something the operator has to know; the message is complete and the exit code says which kind."""

    exit_code = 1


@dataclass(frozen=True)
class RunDir:
    """One system's state directory; two systems with two run directories do not touch each other."""

    root: Path

    @property
    def records(self) -> Path:
        return self.root / "pids"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def summary(self) -> Path:
        """``local.json``: what a demo, a test or a person needs to talk to the running system."""
        return self.root / "local.json"

    @property
    def options(self) -> Path:
        return self.root / "options.json"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def database(self) -> Path:
        return self.root / "database"

    @property
    def kafka(self) -> Path:
        return self.root / "kafka"

    @property
    def demo(self) -> Path:
        """What the demo wrote, and what its hospital remembers of its settlements."""
        return self.root / "demo"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def create(self) -> None:
        """Make the directories; keys are readable by their owner only."""
        for directory in (self.root, self.records, self.logs):
            directory.mkdir(parents=True, exist_ok=True)
        self.keys.mkdir(mode=0o700, exist_ok=True)
