"""Which failures pass by themselves, and how a failure is described without quoting personal data."""

import asyncpg
import httpx
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, EmulatedDBAPIException
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.messaging.positions import Fenced

_DESCRIPTION_LENGTH = 500

# Connection, transaction rollback (serialisation, deadlock), resources, shutdown; lock_not_available
# and the time-outs of a session that the server has given up.
_TRANSIENT_CLASSES = ("08", "40", "53", "57P")
_TRANSIENT_STATES = {"55P03", "25P03", "25P04", "25006"}

# What asyncpg raises of itself when a connection is gone; the second is no subclass of the first.
DRIVER_FAILURES = (asyncpg.InterfaceError, asyncpg.InternalClientError)

# SQLAlchemy's exception around its adapter's around asyncpg's; the pool raises the adapter's without its own.
WRAPPERS = (DBAPIError, EmulatedDBAPIException)


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed a moment later: retry in place, put nothing aside."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    error = driver_error(error)
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        return state.startswith(_TRANSIENT_CLASSES) or state in _TRANSIENT_STATES
    # A plain InterfaceError is a connection that was closed under us; its subclasses are wrong arguments.
    return type(error) is asyncpg.InterfaceError or isinstance(
        error, Fenced | PoolTimeout | OSError | asyncpg.InternalClientError | httpx.HTTPError
    )


def driver_error(error: BaseException) -> BaseException:
    """The driver's own exception inside SQLAlchemy's; any other as it is."""
    while isinstance(error, WRAPPERS) and error.orig is not None:
        error = error.orig
    return error


def describe(error: BaseException) -> str:
    """Class and message of a failure; never the values that a statement or a payload carried."""
    if isinstance(error, ValidationError):
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        message = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)
        return f"{type(error).__name__}: {message}"[:_DESCRIPTION_LENGTH]
    error = driver_error(error)
    if isinstance(error, asyncpg.PostgresError):
        place = ".".join(filter(None, [error.table_name, error.column_name or error.constraint_name]))
        return f"{type(error).__name__} {error.sqlstate} {place}".strip()[:_DESCRIPTION_LENGTH]
    return f"{type(error).__name__}: {error}"[:_DESCRIPTION_LENGTH]
