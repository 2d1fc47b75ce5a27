"""Whether everybody has caught up is read from measurements that are young enough to say so."""

from deploy.demo.figures import CatchUp, Followed, WorkerFigures, behind, read

PAGE = """
# TYPE kangfu_events_published_total counter
kangfu_events_published_total 91498.0
# TYPE kangfu_events_consumed_total counter
kangfu_events_consumed_total{source="registry"} 120.0
# TYPE kangfu_events_healed_total counter
kangfu_events_healed_total{source="registry"} 20.0
# TYPE kangfu_consumer_lag gauge
kangfu_consumer_lag{source="registry"} 7.0
# TYPE kangfu_consumer_lag_observed_timestamp_seconds gauge
kangfu_consumer_lag_observed_timestamp_seconds{source="registry"} 1.7e+09
# TYPE kangfu_relay_backlog gauge
kangfu_relay_backlog 3.0
# TYPE kangfu_relay_backlog_observed_timestamp_seconds gauge
kangfu_relay_backlog_observed_timestamp_seconds 1.70000001e+09
# TYPE kangfu_dead_letters gauge
kangfu_dead_letters{state="poisoned"} 1.0
kangfu_dead_letters{state="parked"} 2.0
"""


def worker(lag: int = 0, lag_at: float = 0.0, backlog: int = 0, backlog_at: float = 0.0) -> WorkerFigures:
    followed = {"registry": Followed(lag, lag_at)}
    return WorkerFigures(backlog=backlog, backlog_measured_at=backlog_at, followed=followed)


def producer(backlog: int = 0, backlog_at: float = 11.0) -> WorkerFigures:
    return WorkerFigures(backlog=backlog, backlog_measured_at=backlog_at)


def test_a_workers_page_is_read_by_source() -> None:
    figures = read(PAGE)
    assert (figures.published, figures.backlog, figures.dead_letters) == (91498, 3, 3)
    assert (figures.consumed, figures.healed, figures.refused) == ({"registry": 120}, {"registry": 20}, {})
    assert figures.followed == {"registry": Followed(7, 1.7e9)}
    assert behind({"claims": figures}) == 10


def test_a_worker_that_has_said_nothing_has_not_caught_up() -> None:
    target = CatchUp(since=10.0)
    assert len(target.outstanding({"registry": WorkerFigures(), "claims": WorkerFigures()})) == 3


def test_a_lag_of_nothing_counts_only_if_measured_after_the_sources_backlog_was_gone() -> None:
    target = CatchUp(since=10.0)
    early = {"registry": producer(), "claims": worker(lag_at=10.9, backlog_at=11.0)}
    assert target.outstanding(early) == ["claims 消费 registry 的事件落后 0 个"]
    later = {"registry": producer(backlog_at=13.0), "claims": worker(lag_at=11.1, backlog_at=11.0)}
    assert target.outstanding(later) == []


def test_a_backlog_measured_before_the_moment_says_nothing_about_it() -> None:
    target = CatchUp(since=10.0)
    figures = {"registry": producer(backlog_at=9.9), "claims": worker(lag_at=12.0, backlog_at=11.0)}
    assert target.outstanding(figures) == [
        "registry 尚有 0 个事件未发布",
        "claims 消费 registry 的事件落后 0 个",
    ]


def test_what_is_committed_later_does_not_hold_up_the_wait() -> None:
    target = CatchUp(since=10.0)
    target.outstanding({"registry": producer(), "claims": worker(lag=5, lag_at=12.0, backlog_at=11.0)})
    busy = {
        "registry": producer(backlog=40, backlog_at=14.0),
        "claims": worker(lag_at=13.0, backlog_at=14.0),
    }
    assert target.outstanding(busy) == []
