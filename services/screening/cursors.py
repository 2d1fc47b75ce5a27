"""Cursors over serials and ids, bounded to what the database can hold."""

from uuid import UUID

from services.screening.vouchers.schemas import MAX_SERIAL
from shared.paging import decode_cursor
from shared.problems import BAD_CURSOR, Problem

_NO_ID = UUID(int=0)


def after_serial(cursor: str | None) -> int:
    """The serial after which a page begins."""
    if cursor is None:
        return 0
    (serial,) = decode_cursor(cursor, int)
    if not 0 <= serial <= MAX_SERIAL:
        raise Problem(BAD_CURSOR, pointer="/query/cursor")
    return int(serial)


def after_id(cursor: str | None) -> UUID:
    """The id after which a page begins."""
    if cursor is None:
        return _NO_ID
    (found,) = decode_cursor(cursor, UUID)
    assert isinstance(found, UUID)
    return found
