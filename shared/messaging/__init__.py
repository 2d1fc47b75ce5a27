"""Events between the services: log, relay, consumer, feed, dead letters."""

from zlib import crc32

# An event's partition is a stable hash of its key over this number, so it can never change.
PARTITIONS = 8


def topic_of(service: str) -> str:
    """The Kafka topic on which a service publishes."""
    return f"{service}.events"


def source_of(type_: str) -> str:
    """The service that owns an event type: ``registry.person_recorded.v1`` → ``registry``."""
    return type_.partition(".")[0]


def partition_of(key: str) -> int:
    """The partition of a key. Stable across processes, releases and languages (CRC-32, as in zlib)."""
    return crc32(key.encode()) % PARTITIONS
