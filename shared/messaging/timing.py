"""Waiting: capped back-off with full jitter, and sleeps that a stop request cuts short."""

import asyncio
import random
from contextlib import suppress


class Backoff:
    """Growing pauses between tries, drawn at random so that processes do not march in step."""

    def __init__(self, first_seconds: float, limit_seconds: float) -> None:
        self._first = first_seconds
        self._limit = limit_seconds
        self._tries = 0

    def reset(self) -> None:
        """Begin again with the shortest pause."""
        self._tries = 0

    def next(self) -> float:
        """The next pause in seconds."""
        ceiling = min(self._limit, self._first * 2 ** min(self._tries, 16))
        self._tries += 1
        return random.uniform(ceiling / 2, ceiling)


async def wait_until(stop: asyncio.Event, seconds: float) -> bool:
    """Sleep, but return at once, with True, when ``stop`` is set."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
    return stop.is_set()
