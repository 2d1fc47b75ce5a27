"""Requests and replies of payee accounts. Account numbers come in clear once and are never shown again."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from shared.fields import Body, CountyCode, Reply, fault

MAX_ACCOUNTS = 2_000
PayeeKind = Literal["county", "facility", "person"]
AccountState = Literal["proposed", "active", "replaced", "rejected", "superseded"]
PayeeText = Annotated[
    str, Field(pattern=r"^[0-9A-Za-z-]{6,36}$", description="机构编码、人员编号，或县级区划代码（付款专户）")
]


def _printable(text: str) -> str:
    """The bank's file leaves out what cannot be printed; a name of nothing else would make it unreadable."""
    if not text.replace("\u3000", " ").isprintable():
        raise fault("not_printable", "不能含有不可打印的字符", "must hold printable characters only")
    return text


PartyName = Annotated[str, AfterValidator(_printable), Field(min_length=1, max_length=70)]


class AccountLine(Body):
    """One payee's account; for a county the account that it pays from."""

    payee_kind: PayeeKind
    payee: PayeeText
    holder: Annotated[PartyName, Field(description="户名")]
    account_no: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{6,34}$", description="账号")]
    bank_name: Annotated[PartyName, Field(description="开户行")]
    bank_code: Annotated[str | None, Field(pattern=r"^[0-9]{12}$", description="开户行联行号（CNAPS）")] = (
        None
    )


class AccountsRequest(Body):
    """New or changed accounts; in force when somebody else has approved them."""

    county: CountyCode
    accounts: Annotated[list[AccountLine], Field(min_length=1, max_length=MAX_ACCOUNTS)]


class ChangeReply(Reply):
    """A change of accounts, and where it stands."""

    change_id: UUID
    state: Literal["proposed", "active", "rejected"]
    accounts: int


class AccountReply(Reply):
    """One account, masked."""

    id: UUID
    change_id: UUID
    county: str
    payee_kind: PayeeKind
    payee: str
    holder: Annotated[str, Field(description="户名；个人的已隐去名字")]
    account: str
    bank_name: str
    bank_code: str | None
    state: AccountState
    proposed_at: datetime
    proposed_by: str
    decided_by: str | None
