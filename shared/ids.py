"""Identifiers are UUIDv7: made in the application, ordered by time."""

from uuid import UUID

import uuid_utils
from asyncpg.pgproto import pgproto


def new_id() -> UUID:
    """A fresh UUIDv7, of the driver's own kind: others are converted for each row they go into."""
    made: UUID = pgproto.UUID(uuid_utils.uuid7().bytes)
    return made
