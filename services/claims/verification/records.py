"""A settlement as it is stored, and what is found to be different about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID


class Line(NamedTuple):
    """One line of the bill: what its division depends on."""

    item_code: str
    category: str
    item_class: str
    self_pay_rate_bp: int
    quantity_milli: int
    unit_price_e4: int
    price_limit_e4: int | None
    amount_fen: int


OWN_PAYMENT, HOUSEHOLD_OWN_PAYMENT = "own_payment", "household.own_payment"
"""Accumulators of what a person and a household pay themselves: every bill moves them by that."""
_COUNTY_PREFIX = "fund."


def held_by_county(kind: str) -> bool:
    """Whether an accumulator counts what a fund of the county has spent."""
    return kind.startswith(_COUNTY_PREFIX)


class Booked(NamedTuple):
    """A transfer of the ledger that names the settlement."""

    kind: str
    debit_account: str
    credit_account: str
    amount_fen: int


class Moved(NamedTuple):
    """A movement of an accumulator."""

    holder: UUID
    year: int
    kind: str
    amount_fen: int


def is_reversal(revision: int, run: UUID | None) -> bool:
    """Whether a posting takes its settlement back: a revision that no re-adjudication made."""
    return revision > 0 and run is None


@dataclass(frozen=True, slots=True)
class Settled:
    """Everything that is stored about one posting of a settlement and has to agree; amounts in fen.

    A settlement is posted once and then, with the next revision, for every reversal or adjustment. Figures
    and steps are those from then on, ``moved`` and ``booked`` what this posting moved and booked.
    """

    id: UUID
    person_id: UUID
    household_id: UUID
    year: int
    facility_code: str
    division_code: str
    total_fen: int
    non_covered_fen: int
    over_limit_fen: int
    upfront_copay_fen: int
    eligible_fen: int
    person_pays_fen: int
    personal_share_bp: int
    ceiling_bp: int | None
    ceiling_base_fen: int | None
    steps: Any
    lines: tuple[Line, ...]
    payers: tuple[tuple[str, int], ...]
    moved: tuple[Moved, ...]
    booked: tuple[Booked, ...]
    revision: int = 0
    run: UUID | None = None
    """The re-adjudication that adjusted the settlement."""

    @property
    def reverses(self) -> bool:
        """Whether this takes the settlement back."""
        return is_reversal(self.revision, self.run)


class Difference(NamedTuple):
    """One value that is not what the explanation gives; ``step`` counts from 1, ``None`` is the whole."""

    settlement_id: UUID
    step: int | None
    field: str
    stored: object
    derived: object
    revision: int = 0

    def __str__(self) -> str:
        """The difference in Chinese and in English, on one line."""
        word = _WORDS[self.field.partition("/")[0]]
        where = f"第{self.step}步" if self.step else "整单"
        place = f"step {self.step}" if self.step else "whole"
        if self.revision:
            where, place = f"第{self.revision}次修订{where}", f"revision {self.revision}, {place}"
        return (
            f"差异：结算 {self.settlement_id} {where} {word}（{self.field}）"
            f"存储 {self.stored}，重算 {self.derived}"
            f" | difference: settlement {self.settlement_id}, {place}, {self.field}:"
            f" stored {self.stored}, derived {self.derived}"
        )


_WORDS: Final[Mapping[str, str]] = {
    "form": "说明无法读取",
    "basis": "说明依据",
    "base": "基数",
    "parameters": "参数",
    "amount": "支付金额",
    "accumulators": "累计额",
    "movements": "累计额变动",
    "lines": "费用明细",
    "total": "总费用",
    "non_covered": "全自费",
    "over_limit": "超限价自费",
    "upfront_copay": "乙类先行自付",
    "eligible": "政策范围内费用",
    "person_pays": "个人负担",
    "personal_share": "个人负担比例",
    "ceiling": "个人自付比例上限",
    "payers": "各方支付",
    "transfers": "台账",
}


class Findings:
    """Collects differences of one settlement."""

    def __init__(self, settlement_id: UUID, revision: int = 0) -> None:
        self._id = settlement_id
        self._revision = revision
        self.all: list[Difference] = []

    def expect(self, step: int | None, field: str, stored: object, derived: object) -> None:
        """Note a difference unless the two are equal."""
        if stored != derived:
            self.all.append(Difference(self._id, step, field, stored, derived, self._revision))
