"""When a consumer asks the feed, and when it gives a Kafka connection up."""

from shared.messaging.positions import START
from shared.messaging.source_state import (
    ALONE_SECONDS,
    BUSY_SECONDS,
    IDLE_SECONDS,
    SILENT_SECONDS,
    SourceState,
)


def test_the_feed_is_asked_at_once_then_seldom_while_kafka_delivers() -> None:
    source = SourceState("registry")
    assert source.due(0, kafka_connected=True)
    source.heard([1], now=0)
    source.answered(START, START, now=0)
    source.heard([1], now=4.9)
    assert not source.due(BUSY_SECONDS - 0.1, kafka_connected=True)
    source.heard([1], now=5)
    assert source.due(BUSY_SECONDS, kafka_connected=True)


def test_the_feed_is_asked_soon_when_kafka_falls_silent_and_often_when_it_is_away() -> None:
    source = SourceState("registry")
    source.heard([1], now=0)
    source.answered(START, START, now=0)
    assert not source.due(IDLE_SECONDS - 0.1, kafka_connected=True)
    assert source.due(IDLE_SECONDS, kafka_connected=True)
    assert source.due(ALONE_SECONDS, kafka_connected=False)


def test_a_feed_that_is_away_is_asked_after_growing_pauses() -> None:
    source = SourceState("registry")
    for _ in range(10):
        source.away("refused", now=0)
    assert not source.due(5, kafka_connected=False)
    assert source.due(15, kafka_connected=False)
    source.answered(START, START, now=15)
    assert source.due(16, kafka_connected=False)


def test_a_partition_that_stands_still_with_events_before_it_starves() -> None:
    source = SourceState("registry")
    heads = {**START, 2: 10, 3: 10}
    assert not source.answered(START, heads, now=0)
    assert not source.answered({**START, 2: 1, 3: 1}, {**heads, 4: 5}, now=5)
    assert source.answered({**START, 2: 9, 3: 1}, heads, now=10)


def test_kafka_owes_what_the_feed_gave_for_our_partitions() -> None:
    source = SourceState("registry")
    source.healed([2, 3], now=0)
    source.heard([2], now=1)
    assert not source.kafka_is_silent(SILENT_SECONDS)
    assert source.kafka_is_silent(SILENT_SECONDS + 0.1)
    source.heard([3], now=2)
    assert not source.kafka_is_silent(1_000)
    source.healed([5], now=0)
    source.forget_expectations()
    assert not source.kafka_is_silent(1_000)
