"""The programme that a request's address names."""

from typing import Annotated

from fastapi import Depends, Path, Request

from services.screening.programmes.book import ProgrammeBook, Versions

ProgrammeCode = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,63}$", examples=["farmer_checkup"])]


async def _book(request: Request) -> ProgrammeBook:
    book: ProgrammeBook = request.app.state.programmes
    return book


BookDep = Annotated[ProgrammeBook, Depends(_book)]


async def _versions(code: ProgrammeCode, book: BookDep) -> Versions:
    return book.versions_of(code)


VersionsDep = Annotated[Versions, Depends(_versions)]
