"""The columns of dynamic monitoring (DOMAIN 3.4): class, months of identification and removal."""

from datetime import date
from typing import NamedTuple, Protocol

from services.registry.imports import codes, row_problems
from services.registry.spells.rules import Wanted
from shared.problems import ProblemSpec
from shared.sheets.cells import parse_month, shown

_EARLY_MONTHS = 2
_BY_AID = "帮扶消除"


class Monitoring(NamedTuple):
    """The texts of a row; the names are those of the columns."""

    monitored_class: str
    identified_month: str
    removed: str
    removed_month: str
    removal_mode: str


class NoteFault(Protocol):
    """Notes a fault at a column."""

    def __call__(self, field: str, spec: ProblemSpec, **params: str) -> None: ...


def read_monitoring(texts: Monitoring, as_of: date, fault: NoteFault) -> Wanted | None:
    """The spell of monitoring that a row states, or None; what does not fit together is noted.

    It holds from the first day of the month of identification to the last day of the month of removal.
    """
    if texts.monitored_class in codes.NOTHING:
        return None
    category = codes.MONITORED_CLASS.get(texts.monitored_class)
    if category is None:
        fault("monitored_class", row_problems.UNKNOWN_MONITORED_CLASS, value=shown(texts.monitored_class))
        return None
    if not texts.identified_month:
        fault("identified_month", row_problems.CELL_MISSING)
        return None
    identified = _month("identified_month", texts.identified_month, as_of, fault)
    removed = _removed(texts, as_of, fault)
    if identified is None or (removed and _contradicts(identified, removed, texts, fault)):
        return None
    return Wanted(category, identified, _next_month(removed) if removed else None)


def _removed(texts: Monitoring, as_of: date, fault: NoteFault) -> date | None:
    answer = codes.YES_NO.get(texts.removed)
    if answer is None:
        fault("removed", row_problems.UNKNOWN_YES_NO, value=shown(texts.removed))
        return None
    if not texts.removed_month:
        if answer:
            fault("removed_month", row_problems.REMOVED_WITHOUT_MONTH)
        return None
    if texts.removed and not answer:
        fault("removed_month", row_problems.REMOVAL_CONTRADICTS)
        return None
    return _month("removed_month", texts.removed_month, as_of, fault)


def _contradicts(identified: date, removed: date, texts: Monitoring, fault: NoteFault) -> bool:
    months = (removed.year - identified.year) * 12 + removed.month - identified.month
    if months < 0:
        fault("removed_month", row_problems.REMOVED_BEFORE_IDENTIFIED)
        return True
    if months < _EARLY_MONTHS and texts.removal_mode == _BY_AID:
        fault("removed_month", row_problems.REMOVED_EARLY)
    return False


def _month(field: str, text: str, as_of: date, fault: NoteFault) -> date | None:
    month = parse_month(text)
    if month is None:
        fault(field, row_problems.BAD_MONTH, value=shown(text))
    elif month > as_of:
        fault(field, row_problems.MONTH_IN_FUTURE, value=shown(text))
        return None
    return month


def _next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
