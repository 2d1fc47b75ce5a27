"""W3C trace context: one id follows a request through logs, audit entries and events."""

import re
import secrets
from contextvars import ContextVar

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def begin(traceparent: str | None) -> str:
    """Continue the caller's trace, or start one; returns the traceparent now in force."""
    match = _TRACEPARENT.fullmatch(traceparent or "")
    trace = match[1] if match and match[1] != "0" * 32 else secrets.token_hex(16)
    value = f"00-{trace}-{secrets.token_hex(8)}-01"
    _current.set(value)
    return value


def current() -> str | None:
    """The traceparent in force, if any."""
    return _current.get()


def trace_id() -> str | None:
    """The trace id in force, if any."""
    return id_of(_current.get())


def id_of(traceparent: str | None) -> str | None:
    """The trace id inside a traceparent that ``begin`` gave."""
    return traceparent.split("-")[1] if traceparent else None
