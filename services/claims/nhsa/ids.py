"""Our ids in the fields of the interface, which are 30 characters long: a UUID as 26 of base32. Pure."""

import base64
import re
from datetime import datetime
from uuid import UUID

from shared.clock import SHANGHAI

_SHORT = re.compile(r"[A-Z2-7]{26}")
_MSGID = re.compile(r"[A-Z0-9]{12}[0-9]{18}")
MSGID_LENGTH = 30
INSTITUTION_LENGTH = 12


def short(id_: UUID) -> str:
    """A UUID in 26 characters."""
    return base64.b32encode(id_.bytes).decode().rstrip("=")


def long(text: str) -> UUID | None:
    """The UUID behind 26 characters; ``None`` for anything that ``short`` does not give."""
    if not _SHORT.fullmatch(text):
        return None
    id_ = UUID(bytes=base64.b32decode(text + "======"))
    return id_ if short(id_) == text else None


def msgid_fault(msgid: str, institution: str) -> tuple[str, str] | None:
    """What is wrong with a message id, in Chinese and English: institution (12), time (14), number (4)."""
    if len(msgid) != MSGID_LENGTH or not _MSGID.fullmatch(msgid):
        return "应为机构编码 12 位、时间 14 位、顺序号 4 位，共 30 位", "12 + 14 + 4 characters are needed"
    if msgid[:INSTITUTION_LENGTH] != institution:
        return "前 12 位应为本机构编码", "it must begin with the institution's own code"
    try:
        made_at(msgid)
    except ValueError:
        return "第 13 至 26 位不是有效的时间", "characters 13 to 26 are not a point in time"
    return None


def made_at(msgid: str) -> datetime:
    """The time in China that a message id carries; ``ValueError`` where that is none."""
    return datetime.strptime(msgid[12:26], "%Y%m%d%H%M%S").replace(tzinfo=SHANGHAI)
