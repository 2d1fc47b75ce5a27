"""Prometheus figures of relay, consumer and jobs."""

from prometheus_client import Counter, Gauge

PUBLISHED = Counter("kangfu_events_published_total", "Events acknowledged by the broker")
CONSUMED = Counter("kangfu_events_consumed_total", "Events whose effects are committed", ["source"])
HEALED = Counter("kangfu_events_healed_total", "Events of these that came from the feed", ["source"])
REFUSED = Counter(
    "kangfu_messages_refused_total", "Messages on a topic that are no event of ours", ["source"]
)
LAG = Gauge("kangfu_consumer_lag", "Events in the producer's log that are not applied yet", ["source"])
LAG_OBSERVED = Gauge(
    "kangfu_consumer_lag_observed_timestamp_seconds", "When kangfu_consumer_lag was last measured", ["source"]
)
AHEAD = Gauge(
    "kangfu_consumer_ahead",
    "Events applied that the producer's log no longer has; not 0 after a bad restore",
    ["source"],
)
BACKLOG = Gauge("kangfu_relay_backlog", "Committed events that are not published yet")
BACKLOG_OBSERVED = Gauge(
    "kangfu_relay_backlog_observed_timestamp_seconds", "When kangfu_relay_backlog was last measured"
)
DEAD_LETTERS = Gauge("kangfu_dead_letters", "Events that wait for someone to look at them", ["state"])
JOB_FAILED = Gauge("kangfu_job_failed", "1 while the last run of a job ended with a defect", ["job"])
LEADER = Gauge("kangfu_relay_leader", "1 while this process is the active relay of its service")
