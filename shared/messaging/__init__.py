"""Events between the services: log, relay, consumer, feed, dead letters."""

# An event's partition is a stable hash of its key over this number, so it can never change.
PARTITIONS = 8
