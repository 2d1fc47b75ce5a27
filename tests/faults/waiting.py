"""Bounded waiting."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], bool | Awaitable[bool]], seconds: float, what: str) -> float:
    """Return, with the seconds it took, when the condition holds; fail if that takes too long."""
    started = time.monotonic()
    while True:
        held = condition()
        if held if isinstance(held, bool) else await held:
            return time.monotonic() - started
        assert time.monotonic() - started < seconds, f"waited {seconds} s in vain for {what}"
        await asyncio.sleep(0.1)
