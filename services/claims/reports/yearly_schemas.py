"""Yearly figures entered by hand, and what does not add up in them."""

from typing import Annotated

from pydantic import Field

from services.claims.reports.schemas import Rounding
from services.claims.reports.yearly import Percent, Stated
from shared.fields import Body, CodeText, Count, Reply, Yuan

MAX_PARTS = 50
_PercentText = Annotated[str, Field(pattern=r"^[0-9]{1,4}(\.[0-9]{1,4})?$", examples=["83.64"])]
_Money = Annotated[dict[CodeText, Yuan], Field(max_length=MAX_PARTS)]
_Counts = Annotated[dict[CodeText, Count], Field(max_length=MAX_PARTS)]


class YearFiguresRequest(Body):
    """A county's year as its own table states it; leave out what it does not say."""

    enrolled: Count | None = None
    population: Count | None = None
    per_head: Annotated[Yuan | None, Field(description="人均筹资标准")] = None
    personal_per_head: Annotated[Yuan | None, Field(description="其中个人缴费标准")] = None
    raised: Annotated[_Money, Field(default_factory=dict, description="各来源筹资，personal 为个人缴费")]
    raised_total: Yuan | None = None
    paid: Annotated[_Money, Field(default_factory=dict, description="各类补偿支出")]
    paid_total: Yuan | None = None
    visits: Annotated[_Counts, Field(default_factory=dict, description="各类受益人次")]
    visits_total: Count | None = None
    enrolment_rate: Annotated[_PercentText | None, Field(description="参保率，百分数")] = None
    utilisation: Annotated[_PercentText | None, Field(description="基金使用率，百分数")] = None
    rounding: Rounding = "half_up"

    def stated(self) -> Stated:
        """As plain data."""
        return Stated(
            self.enrolled,
            self.population,
            self.per_head,
            self.personal_per_head,
            self.raised,
            self.raised_total,
            self.paid,
            self.paid_total,
            self.visits,
            self.visits_total,
            _percent(self.enrolment_rate),
            _percent(self.utilisation),
        )


class FindingReply(Reply):
    """Something that does not add up."""

    code: str
    title: str
    stated: str
    computed: str
    difference: Annotated[str | None, Field(description="所报数减去计算数")]
    note: str


class YearFiguresCheck(Reply):
    """All findings, and the averages that the figures give."""

    adds_up: bool
    findings: list[FindingReply]
    averages: Annotated[dict[str, str], Field(description="各类次均补偿，元")]


def _percent(text: str | None) -> Percent | None:
    if text is None:
        return None
    whole, _, decimals = text.partition(".")
    return Percent(int(whole + decimals), len(decimals))
