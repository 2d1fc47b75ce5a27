"""What a consumer knows of one source: when to ask its feed, and when to give up on its Kafka connection."""

from collections.abc import Iterable

from shared import logs
from shared.messaging.positions import START, Positions
from shared.messaging.timing import Backoff

# After this long without an event from Kafka the producer's feed is asked, again and again.
IDLE_SECONDS = 3.0
# The feed is the only way while Kafka is away.
ALONE_SECONDS = 0.2
# While Kafka delivers, the feed is asked only how far the producer is.
BUSY_SECONDS = 5.0
# What came from the feed must come from Kafka too, within this time, or Kafka has forgotten us.
SILENT_SECONDS = 10.0

log = logs.get(__name__)


class SourceState:
    """All times are readings of one monotonic clock, in seconds."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._heard_at = float("-inf")
        self._asked_at = float("-inf")
        self._away_for: float | None = None
        self._backoff = Backoff(first_seconds=1.0, limit_seconds=15.0)
        self._stored: Positions = START
        self._heads: Positions = START
        self._expected: dict[int, float] = {}

    def heard(self, partitions: Iterable[int], now: float) -> None:
        """Kafka has delivered from these partitions."""
        self._heard_at = now
        for partition in partitions:
            self._expected.pop(partition, None)

    def healed(self, partitions: Iterable[int], now: float) -> None:
        """The feed has delivered from these partitions, which are ours on Kafka."""
        for partition in partitions:
            self._expected.setdefault(partition, now)

    def forget_expectations(self) -> None:
        """A new Kafka connection starts without a record."""
        self._expected.clear()

    def kafka_is_silent(self, now: float) -> bool:
        """Whether Kafka still owes us what the feed gave long ago."""
        return any(now - since > SILENT_SECONDS for since in self._expected.values())

    def busy(self, now: float) -> bool:
        """Whether Kafka has delivered just now."""
        return now - self._heard_at < IDLE_SECONDS

    def due(self, now: float, *, kafka_connected: bool) -> bool:
        """Whether to ask the feed now."""
        if self._away_for is not None:
            pause = self._away_for
        elif not kafka_connected:
            pause = ALONE_SECONDS
        else:
            pause = BUSY_SECONDS if self.busy(now) else IDLE_SECONDS
        return now - self._asked_at >= pause

    def ask_again(self) -> None:
        """There is more: ask at the next turn."""
        self._asked_at = float("-inf")

    def answered(self, stored: Positions, heads: Positions, now: float) -> bool:
        """The feed has answered; True if a partition stands still although it had events the last time."""
        starving = any(
            self._heads[partition] > self._stored[partition] == position
            for partition, position in stored.items()
        )
        self._stored, self._heads = stored, heads
        self._asked_at, self._away_for = now, None
        self._backoff.reset()
        return starving

    def away(self, reason: str, now: float) -> None:
        """The feed could not be read; said once, and asked again after a growing pause."""
        if self._away_for is None:
            log.warning("feed is away", source=self.name, reason=reason)
        self._asked_at, self._away_for = now, self._backoff.next()
