"""Whom a line of the reports is about: all, the poor apart, people by the categories they hold. Pure.

Categories overlap (DOMAIN S-12): who receives the living allowance may be registered as poor as well. By its
main category, the first it holds in a stated order, a visit is counted once, so that these groups add up to
everybody; by the categories held it is counted in each of them, so that those must never be added.
"""

from collections.abc import Collection, Sequence
from typing import Final, Literal, NamedTuple

ALL, POOR, OTHER = "all", "poor", "other"
Kind = Literal["standard", "main", "held"]
STANDARD: Final = "standard"
MAIN: Final = "main"
HELD: Final = "held"
UNLISTED: Final = f"{MAIN}_unlisted"


class Category(NamedTuple):
    """An assistance category, and whether who holds it counts as poor."""

    id: str
    title: str
    poor: bool


class Group(NamedTuple):
    """Visits of people who hold any of some categories and none of others; ``bare`` asks for none at all."""

    id: str
    title: str
    kind: Kind
    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    bare: bool | None = None
    """``True``: only who holds no category, ``False``: only who holds one, ``None``: either."""

    def holds(self, categories: Collection[str]) -> bool:
        """Whether a visit with these categories is counted in the group."""
        if self.bare is not None and self.bare != (not categories):
            return False
        if any(each in categories for each in self.none_of):
            return False
        return not self.any_of or any(each in categories for each in self.any_of)


MAIN_TITLE: Final = "主要身份·"
_HELD_TITLE: Final = "持有身份·"


def groups(standard: dict[str, str], categories: Sequence[Category]) -> dict[str, Group]:
    """All groups by id, as they are printed; ``categories`` in the order in which the main one is chosen.

    The poor come first in that order, so that their main categories add up to the poor.
    """
    order = tuple(each.id for each in categories)
    poor = tuple(each.id for each in categories if each.poor)
    if order[: len(poor)] != poor:
        raise ValueError("categories of the poor come before all others")
    made = [
        Group(ALL, standard[ALL], STANDARD),
        Group(POOR, standard[POOR], STANDARD, any_of=poor),
        Group(OTHER, standard[OTHER], STANDARD, none_of=poor),
        *(
            Group(f"{MAIN}_{each.id}", MAIN_TITLE + each.title, MAIN, (each.id,), order[:place])
            for place, each in enumerate(categories)
        ),
        Group(UNLISTED, MAIN_TITLE + standard["unlisted"], MAIN, none_of=order, bare=False),
        Group(f"{MAIN}_none", MAIN_TITLE + standard["none"], MAIN, bare=True),
        *(Group(f"{HELD}_{each.id}", _HELD_TITLE + each.title, HELD, (each.id,)) for each in categories),
    ]
    return {each.id: each for each in made}
