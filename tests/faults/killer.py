"""The killer: a seeded plan of kill -9, so many of every component, at random moments."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tests.faults.cluster import COMPONENTS, Cluster

LEAST_PER_COMPONENT = 5
_PAUSE_SECONDS = (0.2, 3.4)
_DOWN_SECONDS = (0.0, 1.2)


@dataclass(frozen=True, slots=True)
class Kill:
    """After a pause, kill one part and leave it down for a while."""

    component: str
    part: str
    pause_seconds: float
    down_seconds: float


def plan(rng: Random, kills: int) -> list[Kill]:
    """At least LEAST_PER_COMPONENT of every component (fewer in a short run), the rest drawn."""
    least = min(LEAST_PER_COMPONENT, kills // len(COMPONENTS))
    victims = [component for component in COMPONENTS for _ in range(least)]
    victims += rng.choices(list(COMPONENTS), k=kills - len(victims))
    rng.shuffle(victims)
    return [
        Kill(
            component,
            rng.choice(COMPONENTS[component]),
            rng.uniform(*_PAUSE_SECONDS),
            rng.uniform(*_DOWN_SECONDS),
        )
        for component in victims
    ]


async def run(cluster: Cluster, kills: Sequence[Kill]) -> None:
    """Kill as planned; a part that is still down is killed as soon as it is started again."""
    async with asyncio.TaskGroup() as reviving:
        for kill in kills:
            await asyncio.sleep(kill.pause_seconds)
            reviving.create_task(cluster.kill(kill.part, kill.down_seconds))


def per_component(cluster: Cluster) -> dict[str, int]:
    """Kills that met a living process, by component."""
    return {component: sum(cluster.kills[part] for part in parts) for component, parts in COMPONENTS.items()}
