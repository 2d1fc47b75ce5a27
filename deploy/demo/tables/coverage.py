"""Designated hospital and certificate: the same bill where the rule holds and where it does not."""

from collections.abc import Sequence

from rich.console import Console

from deploy.demo.steps.coverage import Tried, paid
from deploy.demo.tables import words
from deploy.demo.tables.layout import Column, Number, table
from deploy.demo.tables.words import word, yuan

_PAYERS = ("basic_insurance", "critical_illness", "medical_assistance")
_NOTHING = ""


def show(out: Console, tried: Sequence[Tried]) -> None:
    """Print a row for each pre-settlement."""
    names = ("总费用", *(word(words.PAYERS, payer) for payer in _PAYERS), "个人负担")
    columns = [Column("预结算"), *(Number(name) for name in names), Column("说明")]
    out.print(table(columns, [_row(each) for each in tried]))


def _row(each: Tried) -> tuple[str, ...]:
    settlement = each.settlement
    reason = settlement.chronic_reason.text if settlement.chronic_reason else _NOTHING
    amounts = (settlement.total, *(paid(settlement, payer) for payer in _PAYERS), settlement.person_pays)
    return (each.title, *(yuan(amount) for amount in amounts), reason)
