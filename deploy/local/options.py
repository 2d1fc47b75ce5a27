"""What was asked of a local system at its start, kept so that a later command treats it the same way."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from deploy.local.layout import DEFAULT_PORTS, RunDir
from deploy.private_files import write_private

TANSU = "tansu"
APACHE = "apache"


@dataclass(frozen=True)
class Options:
    """`broker` is tansu, apache or HOST:PORT of a running one; `database` the administrator's address of a
    running PostgreSQL, or None for the embedded one. `ports` are the wanted ones before the start (0 = any
    free) and the real ones after it."""

    broker: str = TANSU
    database: str | None = None
    ports: Mapping[str, int] = field(default_factory=lambda: dict(DEFAULT_PORTS))

    @property
    def own_broker(self) -> bool:
        """True if the broker is a process of this system."""
        return self.broker in (TANSU, APACHE)

    @property
    def own_database(self) -> bool:
        """True if PostgreSQL is a process of this system."""
        return self.database is None

    def save(self, run: RunDir) -> None:
        """Keep these options (the database address holds a password)."""
        write_private(run.options, json.dumps(asdict(self), indent=2))


def saved(run: RunDir) -> Options | None:
    """The options of the last start in this run directory."""
    try:
        return Options(**json.loads(run.options.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
