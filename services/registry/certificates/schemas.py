"""Requests and replies about certificates."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.fields import Body, Day, Reply, ShortText

CHRONIC_PATTERN = r"^M[0-9]{5}$"
ChronicCode = Annotated[str, Field(pattern=CHRONIC_PATTERN, examples=["M03900"])]


class CertificateBody(Body):
    """A disease that was recognised for outpatient benefits."""

    chronic_code: Annotated[ChronicCode, Field(description="门诊慢特病病种编码，M 加五位数字")]
    valid_from: Annotated[Day, Field(description="有效期起日（认定日期）")]
    valid_to: Annotated[Day | None, Field(description="有效期止日，当天不含；省略为长期")] = None
    handbook_no: Annotated[ShortText | None, Field(description="慢性病手册编号")] = None
    issued_by: Annotated[ShortText | None, Field(description="认定机构")] = None


class EndBody(Body):
    """From when on the disease is no longer certified."""

    ended_on: Annotated[Day, Field(description="自该日起不再有效；不晚于起日则整段撤销")]


class CertificateReply(Reply):
    """One certificate; ``valid_to`` is exclusive, null while it lasts."""

    chronic_code: str
    valid_from: date
    valid_to: date | None
    handbook_no: str | None
    issued_by: str | None
    recorded_at: datetime


class CertificatesReply(Reply):
    """What is certified of a person, by what was known at an instant."""

    person_id: UUID
    as_known_at: AwareDatetime
    items: list[CertificateReply]
