"""Ctrl-C and kill, delivered only between steps that must not be torn apart."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """The operator asked this command to stop; `exit_code` is the shell's usual one for the signal."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


class _Deferral:
    depth = 0
    pending: int | None = None
    delivered = False


def _on_signal(number: int, frame: FrameType | None) -> None:
    if _Deferral.delivered:
        return  # cleaning up already, and that is bounded in time; a second Ctrl-C must not cut it short
    if _Deferral.depth:
        _Deferral.pending = number
        return
    _Deferral.delivered = True
    raise Interrupted(number)


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn the first SIGINT, SIGTERM or SIGHUP into `Interrupted` while the block runs.

    What our starter told us to ignore (nohup, a shell's background job) stays ignored.
    """
    heeded = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, _on_signal) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _Deferral.delivered = False


@contextmanager
def held() -> Iterator[None]:
    """Keep a signal waiting until the block is through, so that no started process is left unrecorded."""
    _Deferral.depth += 1
    try:
        yield
    finally:
        _Deferral.depth -= 1
        if _Deferral.depth == 0 and _Deferral.pending is not None:
            number, _Deferral.pending = _Deferral.pending, None
            _on_signal(number, None)
