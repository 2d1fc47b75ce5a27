"""Receiving an import file: streamed to a nameless temporary file, hashed, read and checked in a thread.

All of it happens before the request's transaction begins, so a slow upload holds no connection.
"""

import asyncio
import hashlib
import tempfile
from dataclasses import dataclass
from typing import Annotated, BinaryIO, cast

from fastapi import Depends, Query, Request
from starlette.requests import ClientDisconnect

from services.registry import problems
from services.registry.imports.order import CodeSystem, Format, Kind, Order
from services.registry.imports.parse import ParsedFile, parse
from shared.clock import business_date
from shared.crypto import BlindIndex
from shared.divisions import COUNTY_PATTERN
from shared.fields import Day
from shared.http import CallerDep, NowDep
from shared.problems import UNSUPPORTED_MEDIA, Problem
from shared.sensitivity import sees_restricted
from shared.sheets.problems import FILE_EMPTY

_READERS = 2
_WAIT_SECONDS = 20
_FORMS = ("multipart/", "application/x-www-form-urlencoded")
_EXPECTED = "application/octet-stream, text/csv, application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Upload:
    """A received and checked file. ``digest`` also covers what was asked for."""

    parsed: ParsedFile
    sha256: bytes
    digest: bytes
    size: int


class Readers:
    """Bounds how many files are read at once, so that imports leave the processor to other requests."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(_READERS)

    async def read(self, file: BinaryIO, order: Order, index: BlindIndex) -> ParsedFile:
        """Read and check a file in a thread; refused when the others take too long."""
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                await self._free.acquire()
        except TimeoutError as error:
            raise Problem(problems.IMPORTS_BUSY, headers={"Retry-After": "5"}) from error
        try:
            return await asyncio.to_thread(parse, file, order, index)
        finally:
            self._free.release()


async def _order(
    caller: CallerDep,
    now: NowDep,
    kind: Annotated[
        Kind, Query(description="people：人员与户；enrolments：参保记录；certificates：门诊慢特病认定")
    ],
    format: Annotated[Format, Query(description="文件格式")],
    county: Annotated[str, Query(pattern=COUNTY_PATTERN, description="县级行政区划代码")],
    year: Annotated[int | None, Query(ge=2003, le=2099, description="参保年度，默认为今年")] = None,
    as_of: Annotated[Day | None, Query(description="数据日期，默认为今天；停保、类别终止自该日起")] = None,
    dry_run: Annotated[bool, Query(description="true：只校验整个文件，不写入任何数据")] = False,
    code_system: Annotated[
        CodeSystem | None, Query(description="民族列为数字代码时所用的系统：gbt3304 或 ab01（旧扶贫系统）")
    ] = None,
) -> Order:
    if not caller.governs(county):
        raise Problem(problems.OUTSIDE_JURISDICTION, pointer="/query/county", division_code=county)
    today = business_date(now)
    if as_of and as_of > today:
        raise Problem(problems.AS_OF_IN_FUTURE, pointer="/query/as_of")
    day = as_of or today
    restricted = sees_restricted(caller)
    return Order(kind, format, county, year or day.year, day, dry_run, code_system, restricted)


OrderDep = Annotated[Order, Depends(_order)]


async def _receive(request: Request, order: OrderDep) -> Upload:
    media_type = request.headers.get("content-type", "")
    if media_type.lower().startswith(_FORMS):
        raise Problem(UNSUPPORTED_MEDIA, expected=_EXPECTED)
    with tempfile.TemporaryFile() as file:
        content, size = hashlib.sha256(), 0
        try:
            async for chunk in request.stream():
                file.write(chunk)
                content.update(chunk)
                size += len(chunk)
        except ClientDisconnect as error:
            raise Problem(problems.UPLOAD_BROKEN) from error
        if not size:
            raise Problem(FILE_EMPTY)
        file.seek(0)
        readers: Readers = request.app.state.import_readers
        parsed = await readers.read(cast(BinaryIO, file), order, request.app.state.blind_index)
    asked = request.url.path.encode() + b"?" + request.scope["query_string"] + b"\n"
    return Upload(parsed, content.digest(), hashlib.sha256(asked + content.digest()).digest(), size)


UploadDep = Annotated[Upload, Depends(_receive)]
