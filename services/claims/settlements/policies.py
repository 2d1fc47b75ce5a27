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

    def books(self) -> Iterable[PolicyBook]:
        """Every pack in use."""
        return self._books.values()

    def for_division(self, division_code: str) -> PolicyBook | None:
        """The pack for a village, ``None`` where no pack applies."""
        return next(self.covering(division_code), None)

    def covering(self, division_code: str) -> Iterator[PolicyBook]:
        """Every pack that covers a village, the nearest first: until a county's begins, its city's counts."""
        for length in range(len(division_code), -1, -1):
            book = self._books.get(division_code[:length])
            if book is not None:
                yield book
