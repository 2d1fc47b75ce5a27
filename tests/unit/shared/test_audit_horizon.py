"""Up to where the sequencer of the audit trail need not look again."""

from typing import Any, NamedTuple, cast

from shared.audit import Horizon


class Moment(NamedTuple):
    """What the database says when a search begins: oldest open and next transaction, time in seconds."""

    oldest: int
    next: int
    at: float


def moved(horizon: Horizon, oldest: int, next_: int, at: float, highest: int) -> int | None:
    """Where the horizon stands after a complete search."""
    horizon.move(cast(Any, Moment(oldest, next_, at)), highest)
    return horizon.behind


def test_the_horizon_follows_when_everybody_of_that_time_has_ended() -> None:
    horizon = Horizon(behind=0)
    assert moved(horizon, 10, 12, 0.0, 500) == 0
    assert moved(horizon, 11, 20, 36.0, 700) == 0
    assert moved(horizon, 20, 30, 37.0, 900) == 500


def test_it_waits_while_somebody_of_that_time_is_still_at_work() -> None:
    horizon = Horizon(behind=0)
    moved(horizon, 10, 12, 0.0, 500)
    moved(horizon, 11, 20, 36.0, 700)
    assert moved(horizon, 19, 400, 900.0, 9_000) == 0
    assert moved(horizon, 20, 400, 901.0, 9_000) == 500


def test_it_waits_for_those_that_may_have_a_number_and_no_transaction_id_yet() -> None:
    horizon = Horizon(behind=0)
    moved(horizon, 10, 10, 0.0, 500)
    assert moved(horizon, 40, 40, 30.0, 700) == 0
    assert moved(horizon, 50, 50, 34.9, 800) == 0
    assert horizon.fence is None


def test_it_goes_on_from_there_and_never_back() -> None:
    horizon = Horizon(behind=0)
    for step in range(12):
        moved(horizon, 100 * step, 100 * step, 40.0 * step, 1_000 * step)
    assert horizon.behind == 7_000
    assert moved(horizon, 0, 5_000, 1_000.0, 100) == 7_000
