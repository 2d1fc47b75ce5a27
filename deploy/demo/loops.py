"""Run asynchronous work so that Ctrl-C and kill end it in order, whatever it is doing at that moment."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

from deploy.local.interrupts import Interrupted

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_Result = TypeVar("_Result")


def complete(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Run to the end. On a signal the work is cancelled, and ``Interrupted`` goes on.

    An exception raised by a plain signal handler could be swallowed by a callback of the event loop.
    """
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        return asyncio.run(_cancellable(work))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def _cancellable(work: Coroutine[Any, Any, _Result]) -> _Result:
    task = asyncio.ensure_future(work)
    received: list[int] = []

    def on_signal(number: int) -> None:
        received.append(number)
        task.cancel()

    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, on_signal, number)
    try:
        return await task
    except asyncio.CancelledError:
        if received:
            raise Interrupted(received[0]) from None
        raise
