"""The system under faults, its county and everything that was asked of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from deploy.demo.model import County
from deploy.demo.visits import Visit
from tests.faults import healing
from tests.faults.changes import Changes
from tests.faults.checks.projections import Replay
from tests.faults.checks.properties import Connection
from tests.faults.client import Client
from tests.faults.cluster import Cluster
from tests.faults.history import History
from tests.faults.money.offices import Books
from tests.faults.preparation import Serials, surely
from tests.faults.seeds import SEED

REPORT: list[str] = [f"seed {SEED} (KANGFU_FAULT_SEED={SEED} repeats the run)"]
SET_ASIDE = 90


@dataclass
class Run:
    """One run of the suite; its tests go on from each other's state."""

    cluster: Cluster
    client: Client
    county: County
    visits: list[Visit]
    serials: Serials
    history: History
    changes: Changes
    replay: Replay
    books: Books

    @property
    def under_load(self) -> list[Visit]:
        """The visits that may be settled while things are killed, however many the machine gets through."""
        return self.visits[:-SET_ASIDE]

    @property
    def set_aside(self) -> list[Visit]:
        """The visits for tests that need some nobody has settled."""
        return self.visits[-SET_ASIDE:]

    async def import_changed(self, households: int = 20) -> None:
        """Re-import some households with changed rows: an event for everybody in them."""
        await surely(self.client, self.history, self.changes.next_file(households))

    async def heal(self) -> list[str]:
        """Wait for quiet, ask about open calls, wait again; everything that is wrong then."""
        async with healing.administrators(self.cluster.system) as connections:
            return await self._heal(connections)

    async def _heal(self, connections: Mapping[str, Connection]) -> list[str]:
        await self.cluster.ready()
        found = await healing.resolve(self.client, connections, self.history)
        seconds = await healing.quiet(self.cluster, connections)
        REPORT.append(f"  lag 0 after {seconds:.1f} s")
        found += await healing.wrong_effects(connections, self.history)
        found += await healing.wrong_state(self.replay, self.client, connections)
        return found
