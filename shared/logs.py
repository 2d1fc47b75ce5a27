"""JSON logs on standard output: one line an event, with the trace id and never personal data."""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog

from shared import trace

_CHAIN_LIMIT = 10


def configure(service: str, level: str) -> None:
    """Send structlog and the standard library's loggers to the same JSON lines."""
    shared_steps: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
    ]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared_steps,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _first_line_of_asyncio,
                structlog.processors.ExceptionRenderer(_places),
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    # Access lines repeat what the metrics count and would double the volume.
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # It repeats itself several times a second while a broker is away; relay and consumer say so once.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[*shared_steps, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; bind ids to it, never names or numbers of people."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def _add_trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    trace_id = trace.trace_id()
    if trace_id:
        event["trace_id"] = trace_id
    return event


def _places(exc_info: tuple[type[BaseException], BaseException, TracebackType | None]) -> str:
    """The traceback without the exceptions' texts: those of a driver quote rows and parameters."""
    error: BaseException | None = exc_info[1]
    steps: list[str] = []
    while error is not None and len(steps) < _CHAIN_LIMIT:
        kind = type(error)
        steps.append(
            f"{''.join(traceback.format_tb(error.__traceback__))}{kind.__module__}.{kind.__qualname__}"
        )
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n\n".join(reversed(steps))


def _first_line_of_asyncio(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Its further lines show objects, and with a task the text of its exception."""
    if event.get("logger") == "asyncio":
        event["event"] = str(event["event"]).partition("\n")[0]
    return event
