"""Which policy pack decides for whom: the one with the longest division prefix that covers the person."""

from collections.abc import Iterable

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

    def for_division(self, division_code: str) -> PolicyBook | None:
        """The pack for a village, ``None`` where no pack applies."""
        for length in range(len(division_code), -1, -1):
            book = self._books.get(division_code[:length])
            if book is not None:
                return book
        return None
