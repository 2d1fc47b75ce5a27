"""Which policy pack decides for whom: the one with the longest division prefix that covers the person."""

from collections.abc import Iterable, Iterator

from services.claims.benefits.policy import PolicyBook


class Policies:
    """The packs in use, by jurisdiction."""

    def __init__(self, books: Iterable[PolicyBook]) -> None:
        self._books: dict[str, PolicyBook] = {}
        for book in books:
            jurisdiction = book.versions[-1].jurisdiction
            if jurisdiction in self._books:
                raise ValueError(f"two packs for jurisdiction {jurisdiction!r}")
            self._books[jurisdiction] = book
        self._longest_first = sorted({len(jurisdiction) for jurisdiction in self._books}, reverse=True)

    def books(self) -> Iterable[PolicyBook]:
        """Every pack in use."""
        return self._books.values()

    def for_division(self, division_code: str) -> PolicyBook | None:
        """The pack for a village, ``None`` where no pack applies."""
        return next(self.covering(division_code), None)

    def covering(self, division_code: str) -> Iterator[PolicyBook]:
        """Every pack that covers a village, the nearest first: until a county's begins, its city's counts."""
        for length in self._longest_first:
            book = self._books.get(division_code[:length]) if length <= len(division_code) else None
            if book is not None:
                yield book
