"""Requests and replies of the day close. Amounts are strings in yuan."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.fields import Body, CountyCode, Day, Reply, YuanOut

HashText = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class CloseRequest(Body):
    """Close what has been booked so far."""

    county: CountyCode
    business_date: Annotated[Day, Field(description="业务日期，不晚于今天，不早于上一次日结")]


class MovementReply(Reply):
    """By how much one kind of transfer changed what the funds owe a provider."""

    kind: str
    transfers: int
    amount: YuanOut


class TieOutReply(Reply):
    """Charge lines = ledger = statement, of the settlements posted and reversed since the last close."""

    settlements: Annotated[int, Field(description="新结算笔数")]
    reversals: Annotated[int, Field(description="撤销笔数")]
    charged: Annotated[YuanOut, Field(description="费用明细合计（撤销为负）")]
    booked: Annotated[YuanOut, Field(description="台账合计")]
    stated: Annotated[YuanOut, Field(description="结算单合计：各方支付加个人负担")]


class ProviderLine(TieOutReply):
    """One provider's part of a close: tie-out, and what the county's funds owe it before and after."""

    facility_code: str
    due_before: Annotated[YuanOut, Field(description="上次日结后应付医疗机构")]
    movements: list[MovementReply]
    due_after: Annotated[YuanOut, Field(description="本次日结后应付医疗机构")]


class CloseSummary(TieOutReply):
    """One close; ``hash`` is the head of the county's chain when it was made."""

    id: UUID
    county: str
    no: Annotated[int, Field(description="本县第几次日结")]
    business_date: date
    closed_at: datetime
    closed_by: str
    transfers: Annotated[int, Field(description="记账笔数")]
    first_no: int | None
    last_no: int | None
    amount: Annotated[YuanOut, Field(description="借方合计 = 贷方合计")]
    previous_hash: HashText
    hash: Annotated[HashText, Field(description="链头：留存后可发现任何改动或截断")]


class CloseReply(CloseSummary):
    """One close with its provider statements."""

    providers: list[ProviderLine]


class StatementReply(ProviderLine):
    """What a close says to one provider."""

    close_id: UUID
    county: str
    no: int
    business_date: date
    closed_at: datetime
