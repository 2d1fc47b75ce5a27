"""Notices a consumer that is silent although there is work: its process then ends, and is restarted."""

from dataclasses import dataclass, field

from shared.messaging.positions import Positions

STUCK_SECONDS = 60.0


@dataclass(slots=True)
class _Progress:
    applied: int
    lag: int
    ahead: int
    moved_at: float


@dataclass(slots=True)
class Watchdog:
    """Progress per source. Times are of a monotonic clock, in seconds."""

    limit_seconds: float = STUCK_SECONDS
    _sources: dict[str, _Progress] = field(default_factory=dict)

    def observe(self, source: str, stored: Positions, heads: Positions, now: float) -> int:
        """Record how far a source is; returns its lag in events."""
        applied = sum(stored.values())
        lag = sum(max(heads[partition] - position, 0) for partition, position in stored.items())
        ahead = sum(max(position - heads[partition], 0) for partition, position in stored.items())
        known = self._sources.get(source)
        moved = known is None or known.applied != applied or known.lag == 0
        self._sources[source] = _Progress(
            applied, lag, ahead, now if known is None or moved else known.moved_at
        )
        return lag

    def stuck(self, now: float) -> list[str]:
        """Sources with events to apply and no progress for longer than the limit."""
        return [
            source
            for source, progress in self._sources.items()
            if progress.lag > 0 and now - progress.moved_at > self.limit_seconds
        ]

    def ahead(self) -> dict[str, int]:
        """Sources whose log ends before what was applied of it: they were restored to an older state.

        Their next events bear positions that count as applied and are passed over.
        """
        return {source: progress.ahead for source, progress in self._sources.items() if progress.ahead}

    def lags(self) -> dict[str, int]:
        """The last known lag of every source."""
        return {source: progress.lag for source, progress in self._sources.items()}
