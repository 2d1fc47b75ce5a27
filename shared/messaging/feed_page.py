"""What the feed answers, and its cursor: known to the side that serves it and to the side that reads it."""

import re

from pydantic import BaseModel, ConfigDict

from shared.messaging import PARTITIONS
from shared.messaging.envelope import Envelope
from shared.messaging.positions import START, Positions
from shared.problems import BAD_CURSOR, Problem

_POSITION = re.compile("[0-9]{1,18}")


class FeedReply(BaseModel):
    """One page. Pass ``next_cursor`` to continue; keep it with the effects of the page."""

    model_config = ConfigDict(frozen=True)

    items: list[Envelope]
    next_cursor: str
    heads: str
    caught_up: bool


def encode_positions(positions: Positions) -> str:
    """A cursor: the position reached in each partition, joined by dots."""
    return ".".join(str(positions[partition]) for partition in range(PARTITIONS))


def decode_positions(cursor: str | None) -> Positions:
    """Read a cursor; none means the beginning. Raises the problem ``request.bad_cursor``."""
    if cursor is None:
        return START
    parts = cursor.split(".")
    if len(parts) != PARTITIONS or not all(_POSITION.fullmatch(part) for part in parts):
        raise Problem(BAD_CURSOR, pointer="/query/cursor")
    return {partition: int(part) for partition, part in enumerate(parts)}
