"""Requests and replies of policy packs."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.fields import Body, Reply

State = Literal["draft", "approved", "rejected"]
ShownState = Literal["draft", "approved", "rejected", "shipped"]
PackName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,39}$", examples=["sample-county"])]


class Rejection(Body):
    """Why a draft is sent back."""

    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]


class ChangeReply(Reply):
    """One value that differs; a number's source and clause stand beside it, before and after."""

    change: Literal["added", "removed", "changed"]
    rule: str | None = Field(description="规则编号；不属于任何规则的内容为 null")
    place: str
    field: str
    old: str | None
    new: str | None
    old_source: str | None
    old_clause: str | None
    new_source: str | None
    new_clause: str | None


class ExamplesReply(Reply):
    """Worked examples that came, went or changed, by name."""

    added: list[str]
    removed: list[str]
    changed: list[str]


class DiffReply(Reply):
    """What differs from the version that this one replaces (same date) or succeeds."""

    compared_with: str | None = Field(description="对照的版本；政策包的第一个版本为 null")
    relation: Literal["replaces", "succeeds", "begins"]
    changes: list[ChangeReply]
    examples: ExamplesReply


class PackReply(Reply):
    """One version of a policy pack."""

    id: UUID
    pack: str
    version: str = Field(description="结算记录的版本：生效日期，更正为 .r2、.r3 …")
    effective_from: date
    revision: int
    jurisdiction: str
    title: str
    state: ShownState
    digest: str = Field(description="正文（UTF-8）的 SHA-256")
    compared_with: str | None
    prepared_by: str
    prepared_at: datetime | None
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None


class PackDetail(PackReply):
    """One version with its text and what it changes."""

    text: str
    diff: DiffReply


class ApprovalReply(PackDetail):
    """A version put into force; whom it makes due where it governs days that are over."""

    person_years_due: int = Field(description="因此列入重新核算的人年数（此前已列入的不计）")
