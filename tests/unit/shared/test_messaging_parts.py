"""Watchdog, failpoints, back-off, kinds of failure, and the library settings that must not slip back."""

import asyncio

import asyncpg
import httpx
import pytest
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import DBAPIError, EmulatedDBAPIException, IntegrityError

from shared import failpoints
from shared.failpoints import FailpointReached
from shared.messaging.failures import describe, is_transient
from shared.messaging.kafka import Broker, consumer_options, producer_options
from shared.messaging.positions import START, Fenced
from shared.messaging.timing import Backoff, wait_until
from shared.messaging.watchdog import Watchdog

HEADS = {**START, 0: 10}


def test_a_consumer_without_progress_is_reported_after_the_limit() -> None:
    watchdog = Watchdog(limit_seconds=60)
    assert watchdog.observe("registry", START, HEADS, now=0) == 10
    watchdog.observe("registry", START, HEADS, now=60)
    assert watchdog.stuck(60) == []
    assert watchdog.stuck(60.1) == ["registry"]


def test_progress_or_having_nothing_to_do_is_not_being_stuck() -> None:
    watchdog = Watchdog(limit_seconds=60)
    watchdog.observe("registry", START, HEADS, now=0)
    watchdog.observe("registry", {**START, 0: 1}, HEADS, now=50)
    assert watchdog.stuck(100) == []
    watchdog.observe("registry", HEADS, HEADS, now=100)
    assert watchdog.stuck(1_000) == []
    assert watchdog.lags() == {"registry": 0}
    # Work that arrives after a long quiet time gets the whole limit.
    watchdog.observe("registry", HEADS, {**HEADS, 1: 1}, now=1_000)
    assert watchdog.stuck(1_059) == []


def test_a_log_that_ends_before_what_was_applied_of_it_is_told() -> None:
    watchdog = Watchdog()
    watchdog.observe("registry", {**START, 0: 10, 1: 3}, {**START, 0: 7, 1: 4}, now=0)
    assert watchdog.ahead() == {"registry": 3}
    watchdog.observe("registry", HEADS, HEADS, now=1)
    assert watchdog.ahead() == {}


@pytest.fixture
def _disarm() -> object:
    yield
    failpoints.arm("")


@pytest.mark.usefixtures("_disarm")
def test_a_failpoint_fails_at_the_hit_it_is_set_for() -> None:
    failpoints.arm("relay.after_send=raise@3,consumer.before_commit=raise")
    failpoints.reach("relay.after_send")
    failpoints.reach("relay.after_send")
    with pytest.raises(FailpointReached, match=r"relay.after_send"):
        failpoints.reach("relay.after_send")
    failpoints.reach("relay.after_send")
    failpoints.reach("never.armed")
    with pytest.raises(FailpointReached):
        failpoints.reach("consumer.before_commit")


def test_pauses_grow_to_their_limit_and_start_again() -> None:
    backoff = Backoff(first_seconds=1, limit_seconds=8)
    pauses = [backoff.next() for _ in range(50)]
    assert 0.5 <= pauses[0] <= 1
    assert all(4 <= pause <= 8 for pause in pauses[3:])
    backoff.reset()
    assert backoff.next() <= 1


async def test_a_stop_cuts_a_wait_short() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, stop.set)
    assert await asyncio.wait_for(wait_until(stop, 60), 1)
    assert not await wait_until(asyncio.Event(), 0.001)


def adapted(error: Exception) -> EmulatedDBAPIException:
    """As SQLAlchemy's pool hands asyncpg's exceptions on: inside an adapter's."""
    return EmulatedDBAPIException("adapter", error)


def wrapped(error: Exception) -> DBAPIError:
    """As SQLAlchemy's sessions hand them on: the adapter's inside its own."""
    return IntegrityError("INSERT INTO t VALUES ($1)", ("510101195001010011",), adapted(error))


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.DeadlockDetectedError("x"),
        asyncpg.SerializationError("x"),
        asyncpg.LockNotAvailableError("x"),
        asyncpg.AdminShutdownError("x"),
        asyncpg.CannotConnectNowError("x"),
        asyncpg.TooManyConnectionsError("x"),
        asyncpg.ConnectionDoesNotExistError("x"),
        asyncpg.InterfaceError("cannot perform operation: connection is closed"),
        asyncpg.InternalClientError("cannot switch to state 11; another operation (2) is in progress"),
        ConnectionResetError(),
        httpx.ConnectError("x"),
        httpx.HTTPStatusError("x", request=httpx.Request("GET", "http://x"), response=httpx.Response(503)),
        TimeoutError(),
        Fenced("registry"),
    ],
)
def test_what_passes_by_itself_is_tried_again(error: Exception) -> None:
    assert is_transient(error)
    assert is_transient(adapted(error))
    assert is_transient(wrapped(error))


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.UniqueViolationError("x"),
        asyncpg.CheckViolationError("x"),
        asyncpg.NumericValueOutOfRangeError("x"),
        asyncpg.QueryCanceledError("x"),
        asyncpg.ProtocolViolationError("bind message supplies 1 parameters, but statement requires 2"),
        # Raised by the driver itself, for an argument that no column of this type can hold.
        asyncpg.exceptions._base.DataError("value out of int64 range"),
        asyncpg.InterfaceError("the server expects 1 argument for this query, 2 were passed"),
        asyncpg.InterfaceError("the number of query arguments cannot exceed 32767"),
        httpx.HTTPStatusError("x", request=httpx.Request("GET", "http://x"), response=httpx.Response(404)),
        ValueError("x"),
        KeyError("x"),
    ],
)
def test_what_will_fail_again_is_put_aside(error: Exception) -> None:
    assert not is_transient(error)
    assert not is_transient(adapted(error))
    assert not is_transient(wrapped(error))


def test_a_failure_is_described_without_the_values_it_met() -> None:
    class Born(BaseModel):
        year: int

    assert "510101195001010011" not in describe(wrapped(asyncpg.UniqueViolationError("x")))
    assert describe(wrapped(asyncpg.UniqueViolationError("x"))) == "UniqueViolationError 23505"
    with pytest.raises(ValidationError) as caught:
        Born.model_validate({"year": "510101195001010011x"})
    assert "510101195001010011" not in describe(caught.value)
    assert "year" in describe(caught.value)
    quoting = asyncpg.exceptions._base.DataError("invalid input for query argument $2: '510101195001010011'")
    for error in (quoting, KeyError("510101195001010011")):
        assert describe(wrapped(error)) == describe(error) == type(error).__name__


def test_a_failure_that_may_quote_values_is_described_by_the_place_it_came_from() -> None:
    try:
        int("510101195001010011x")
    except ValueError as error:
        told = describe(error)
    assert told.startswith("ValueError in test_a_failure_that_may_quote_values")
    assert "510101195001010011" not in told


def test_a_failure_of_a_server_is_described_by_what_it_says() -> None:
    assert describe(ConnectionRefusedError(111, "refused")) == "ConnectionRefusedError: [Errno 111] refused"
    assert describe(asyncpg.InterfaceError("connection is closed")) == "InterfaceError: connection is closed"


def test_no_unsafe_default_of_the_kafka_library_is_in_force() -> None:
    broker = Broker("127.0.0.1:9092")
    producer = producer_options(broker, "claims")
    assert (producer["acks"], producer["enable_idempotence"]) == ("all", True)
    assert producer["request_timeout_ms"] <= 10_000
    consumer = consumer_options(broker, "claims")
    assert consumer["enable_auto_commit"] is False
    assert consumer["auto_offset_reset"] == "earliest"
    assert consumer["isolation_level"] == "read_committed"
    assert consumer["rebalance_timeout_ms"] > consumer["session_timeout_ms"]
    assert consumer["session_timeout_ms"] >= 3 * consumer["heartbeat_interval_ms"]
    assert consumer["group_id"] == "claims"
