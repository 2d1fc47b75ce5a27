"""Which visits are of one kind for a version: those on which all of its conditions agree.

Coarse on purpose: an age counts only by the limits it lies between, of the categories only those matter that
the pack names. So the plans of a county's visits are few, and nearly always remembered.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

from services.claims.benefits.conditions import Condition
from services.claims.benefits.facts import Facts
from services.claims.benefits.programmes import Disease

REMEMBERED_ILLNESSES: Final = 10_000
_RESOLVED: Final = frozenset({"age", "categories"})
"""Facts of which only a part is kept."""


def traits_of(reads: frozenset[str], conditions: Sequence[Condition]) -> Callable[[Facts], Any]:
    """What of the facts these conditions look at, with the facts named in ``reads`` as they stand."""
    plain = attrgetter(*sorted(reads - _RESOLVED))
    named = frozenset[str]().union(*(_categories(condition) for condition in conditions))
    spans = _Spans(age for condition in conditions for age in _ages(condition))
    diseases = [disease for condition in conditions for disease in _diseases(condition)]
    disease_spans = _Spans(age for disease in diseases for age in (disease.min_age, disease.max_age + 1))
    of_illness = [condition for condition in conditions if condition.looks_at_illness]

    @lru_cache(maxsize=REMEMBERED_ILLNESSES)
    def illness(diagnoses: tuple[str, ...], age: int) -> tuple[bool, ...]:
        return tuple(condition.illness_fits(diagnoses, age) for condition in of_illness)

    def traits(facts: Facts) -> Any:
        fits = illness(facts.diagnoses, disease_spans.begin(facts.age)) if of_illness else ()
        return plain(facts), spans.begin(facts.age), facts.categories & named, fits

    return traits


class _Spans:
    """The spans of ages between the ages at which something may change."""

    def __init__(self, changes: Iterable[int]) -> None:
        self._changes = sorted(set(changes))
        self._begins = [min(self._changes, default=0) - 1, *self._changes]

    def begin(self, age: int) -> int:
        """An age that stands for all of its span."""
        return self._begins[bisect_right(self._changes, age)]


def _categories(condition: Condition) -> frozenset[str]:
    return (condition.categories or frozenset()) | (condition.without_categories or frozenset())


def _diseases(condition: Condition) -> list[Disease]:
    return [disease for programme in condition.programmes or () for disease in programme.diseases]


def _ages(condition: Condition) -> list[int]:
    begins = [] if condition.min_age is None else [condition.min_age]
    return begins if condition.max_age is None else [*begins, condition.max_age + 1]
