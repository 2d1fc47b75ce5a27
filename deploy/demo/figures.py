"""What the event workers say of themselves on ``/metrics``, and whether they have caught up."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

CONSUMES = {"claims": ("registry",), "screening": ("registry",)}
"""Which service must follow whom; whatever else a worker follows counts as well."""


@dataclass(frozen=True)
class Followed:
    """How far a consumer is behind one source, and when that was measured (seconds since 1970)."""

    lag: int
    measured_at: float


@dataclass(frozen=True)
class WorkerFigures:
    """One worker's counts since it was started, and its present state."""

    published: int = 0
    backlog: int = 0
    backlog_measured_at: float = 0.0
    consumed: Mapping[str, int] = field(default_factory=dict)
    healed: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)
    followed: Mapping[str, Followed] = field(default_factory=dict)
    dead_letters: int = 0


def read(text: str) -> WorkerFigures:
    """Read a page in Prometheus' text format."""
    values: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            label = sample.labels.get("source") or sample.labels.get("state") or ""
            values.setdefault(sample.name, {})[label] = sample.value
    lags = values.get("kangfu_consumer_lag", {})
    measured = values.get("kangfu_consumer_lag_observed_timestamp_seconds", {})
    return WorkerFigures(
        published=_one(values, "kangfu_events_published_total"),
        backlog=_one(values, "kangfu_relay_backlog"),
        backlog_measured_at=values.get("kangfu_relay_backlog_observed_timestamp_seconds", {}).get("", 0.0),
        consumed=_by_source(values, "kangfu_events_consumed_total"),
        healed=_by_source(values, "kangfu_events_healed_total"),
        refused=_by_source(values, "kangfu_messages_refused_total"),
        followed={source: Followed(int(lag), measured.get(source, 0.0)) for source, lag in lags.items()},
        dead_letters=int(sum(values.get("kangfu_dead_letters", {}).values())),
    )


def behind(figures: Mapping[str, WorkerFigures]) -> int:
    """Events that are known to be on their way: not published, or not applied."""
    waiting = sum(each.backlog for each in figures.values())
    return waiting + sum(one.lag for each in figures.values() for one in each.followed.values())


class CatchUp:
    """Tells when everything committed before a moment has been published and applied.

    A measurement counts only if it can include that: a backlog measured after the moment, and a lag measured
    after the source's backlog was found to be nothing.
    """

    def __init__(self, since: float) -> None:
        self._since = since
        self._published_at: dict[str, float] = {}

    def outstanding(self, figures: Mapping[str, WorkerFigures]) -> list[str]:
        """What has not caught up; nothing when all have."""
        found = []
        for service, each in figures.items():
            if service not in self._published_at:
                if each.backlog == 0 and each.backlog_measured_at > self._since:
                    self._published_at[service] = each.backlog_measured_at
                else:
                    found.append(f"{service} 尚有 {each.backlog} 个事件未发布")
        for service, each in figures.items():
            found += [
                f"{service} 消费 {source} 的事件落后 {each.followed.get(source, _UNKNOWN).lag} 个"
                for source in sorted({*CONSUMES.get(service, ()), *each.followed})
                if not self._applied(each.followed.get(source, _UNKNOWN), source)
            ]
        return found

    def _applied(self, followed: Followed, source: str) -> bool:
        published_at = self._published_at.get(source)
        return published_at is not None and followed.lag == 0 and followed.measured_at > published_at


_UNKNOWN = Followed(0, 0.0)


def _one(values: Mapping[str, Mapping[str, float]], name: str) -> int:
    return int(values.get(name, {}).get("", 0))


def _by_source(values: Mapping[str, Mapping[str, float]], name: str) -> dict[str, int]:
    return {source: int(value) for source, value in values.get(name, {}).items()}
