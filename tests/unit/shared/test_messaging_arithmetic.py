"""Partitions, positions and groups: the arithmetic on which "exactly once, in order" rests."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.db import new_metadata
from shared.ids import new_id
from shared.messaging import PARTITIONS, event_log, partition_of, positions, source_of, topic_of
from shared.messaging.contract import EventData
from shared.messaging.delivery import in_groups
from shared.messaging.envelope import Envelope
from shared.messaging.event_log import MAX_PAYLOAD_LENGTH, EventColumns, NewEvent
from shared.messaging.feed_page import decode_positions, encode_positions
from shared.messaging.feed_repository import WINDOW_PER_PARTITION, spans
from shared.problems import Problem


def envelope(partition: int, position: int, key: str = "k", type_: str = "s.a.v1") -> Envelope:
    return Envelope(
        id=new_id(),
        source="s",
        type=type_,
        time=datetime(2026, 1, 1, tzinfo=UTC),
        partitionkey=key,
        partition=partition,
        position=position,
        division="990101",
        data={},
    )


stored = st.fixed_dictionaries({no: st.integers(0, 5) for no in range(PARTITIONS)})
arrivals = st.lists(st.tuples(st.integers(0, PARTITIONS - 1), st.integers(1, 10)), max_size=60)


@given(stored, arrivals)
def test_a_batch_continues_every_partition_without_gap_or_repetition(
    before: dict[int, int], arrived: list[tuple[int, int]]
) -> None:
    plan = positions.plan(before, [envelope(*each) for each in arrived])
    reached = dict(before)
    for each in plan.apply:
        reached[each.partition] += 1
        assert each.position == reached[each.partition]
    assert {**before, **plan.advanced} == reached
    waiting = {(partition, position) for partition, position in arrived if position > reached[partition]}
    assert plan.missing == {partition: reached[partition] + 1 for partition, _ in waiting}
    for partition, next_position in plan.missing.items():
        assert (partition, next_position) not in arrived
    ahead = sum(position > reached[partition] for partition, position in arrived)
    assert len(plan.apply) + plan.skipped + ahead == len(arrived)


events = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["s.x.v1", "s.y.v1"])), max_size=40)


@given(events)
def test_groups_keep_the_order_of_every_key(sequence: Sequence[tuple[str, str]]) -> None:
    given_events = [envelope(0, no + 1, key, type_) for no, (key, type_) in enumerate(sequence)]
    groups = in_groups(given_events)
    assert all(len({each.type for each in group}) == 1 for group in groups)
    flattened = [each for group in groups for each in group]
    assert sorted(each.position for each in flattened) == [each.position for each in given_events]
    for key in "abc":
        of_key = [each.position for each in flattened if each.partitionkey == key]
        assert of_key == sorted(of_key)


def test_events_of_many_keys_need_one_group_for_each_step_of_a_key() -> None:
    sequence = [envelope(0, no, f"k{no // 2}", "s.x.v1" if no % 2 else "s.y.v1") for no in range(2, 102)]
    assert [len(group) for group in in_groups(sequence)] == [50, 50]


@given(st.text(min_size=1, max_size=80).filter(lambda text: text.isprintable()))
def test_the_partition_of_a_key_is_its_crc32(key: str) -> None:
    assert partition_of(key) == crc32(key.encode()) % 8


def test_the_partition_of_a_key_never_changes() -> None:
    keys = ("990101", "0197f3a0-0000-7000-8000-000000000001", "户")
    assert [partition_of(key) for key in keys] == [6, 5, 4]
    assert (PARTITIONS, topic_of("claims"), source_of("claims.claim_settled.v1")) == (
        8,
        "claims.events",
        "claims",
    )


@given(st.lists(st.integers(0, 10**18 - 1), min_size=8, max_size=8))
def test_a_cursor_gives_back_its_positions(numbers: list[int]) -> None:
    assert decode_positions(encode_positions(dict(enumerate(numbers)))) == dict(enumerate(numbers))


ZEROS = "0.0.0.0.0.0.0."


@pytest.mark.parametrize(
    "cursor",
    ["", "0", "0.0.0.0.0.0.0", ZEROS + "0.0", "1" * 19 + ".0" * 7]
    + [ZEROS + bad for bad in ("", "-1", "x", "٣", " 1", "1\n", "1e3")],
)
def test_a_cursor_of_nobody_is_refused(cursor: str) -> None:
    with pytest.raises(Problem, match="bad_cursor"):
        decode_positions(cursor)


def test_a_page_of_the_feed_looks_only_so_far() -> None:
    heads = {**dict.fromkeys(range(8), 0), 3: 1_000_000, 4: 7}
    after = {**dict.fromkeys(range(8), 0), 4: 5}
    assert spans(after, heads) == {3: (0, WINDOW_PER_PARTITION), 4: (5, 7)}


def test_a_payload_that_no_broker_would_take_is_refused_before_it_is_written() -> None:
    class Long(EventData):
        TYPE: ClassVar[str] = "s.long.v1"
        text: str

    def columns(length: int) -> EventColumns:
        return event_log.columns([NewEvent(Long(text="字" * length), "k", "990101")], datetime.now(UTC))

    assert len(columns(MAX_PAYLOAD_LENGTH - 20).ids) == 1
    with pytest.raises(ValueError, match="longer than"):
        columns(MAX_PAYLOAD_LENGTH)


def test_every_service_carries_the_tables_of_messaging() -> None:
    tables = {"event_log", "relay_position", "consumer_position", "dead_letters"}
    assert tables <= set(new_metadata().tables)
