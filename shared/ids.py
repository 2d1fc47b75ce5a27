"""Identifiers are UUIDv7: made in the application, ordered by time."""

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return UUID(int=uuid_utils.uuid7().int)
