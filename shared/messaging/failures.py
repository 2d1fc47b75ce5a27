"""Which failures pass by themselves, and how a failure is described without quoting personal data."""

import traceback

import asyncpg
import httpx
from aiokafka.errors import KafkaError
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, EmulatedDBAPIException
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.messaging.positions import Fenced

_DESCRIPTION_LENGTH = 500
_LIBRARIES = "site-packages"

# Connection, transaction rollback (serialisation, deadlock), resources, shutdown; lock_not_available
# and the time-outs of a session that the server has given up.
_TRANSIENT_CLASSES = ("08", "40", "53", "57P")
_TRANSIENT_STATES = {"55P03", "25P03", "25P04", "25006"}
_PROTOCOL_VIOLATION = "08P01"

# What asyncpg raises of itself when a connection is gone; the second is no subclass of the first.
DRIVER_FAILURES = (asyncpg.InterfaceError, asyncpg.InternalClientError)

# Those of them that tell of a wrong call, and not of a connection.
_WRONG_CALLS = ("the server expects", "the number of query arguments")

# SQLAlchemy's exception around its adapter's around asyncpg's; the pool raises the adapter's without its own.
WRAPPERS = (DBAPIError, EmulatedDBAPIException)


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed a moment later: retry in place, put nothing aside."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    error = driver_error(error)
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        return state != _PROTOCOL_VIOLATION and (
            state.startswith(_TRANSIENT_CLASSES) or state in _TRANSIENT_STATES
        )
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.is_server_error or error.response.status_code == httpx.codes.TOO_MANY_REQUESTS
    if isinstance(error, asyncpg.InterfaceError):
        # A plain one tells of a connection that is closed or busy; its subclasses are wrong arguments.
        return type(error) is asyncpg.InterfaceError and not str(error).startswith(_WRONG_CALLS)
    return isinstance(
        error, Fenced | PoolTimeout | OSError | asyncpg.InternalClientError | httpx.TransportError
    )


def driver_error(error: BaseException) -> BaseException:
    """The driver's own exception inside SQLAlchemy's; any other as it is."""
    while isinstance(error, WRAPPERS) and error.orig is not None:
        error = error.orig
    return error


_SPEAK_OF_SERVERS = (OSError, KafkaError, PoolTimeout, Fenced, httpx.HTTPError, asyncpg.InternalClientError)


def describe(error: BaseException) -> str:
    """Class of a failure, and what it says where that can quote no value of a statement or a payload.

    Of any other the place from which it came.
    """
    if isinstance(error, ValidationError):
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        message = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)
        return f"{type(error).__name__}: {message}"[:_DESCRIPTION_LENGTH]
    error = driver_error(error)
    if isinstance(error, asyncpg.PostgresError):
        place = ".".join(filter(None, [error.table_name, error.column_name or error.constraint_name]))
        return f"{type(error).__name__} {error.sqlstate} {place}".strip()[:_DESCRIPTION_LENGTH]
    if isinstance(error, _SPEAK_OF_SERVERS) or type(error) is asyncpg.InterfaceError:
        return f"{type(error).__name__}: {error}"[:_DESCRIPTION_LENGTH]
    return f"{type(error).__name__}{_origin(error)}"


def own_places(error: BaseException) -> list[traceback.FrameSummary]:
    """Where a failure came through, without the libraries' places."""
    return [place for place in traceback.extract_tb(error.__traceback__) if _LIBRARIES not in place.filename]


def _origin(error: BaseException) -> str:
    places = own_places(error) or traceback.extract_tb(error.__traceback__)
    return f" in {places[-1].name}, line {places[-1].lineno} of {places[-1].filename}" if places else ""
