"""Import the county's files through the public import interface."""

import asyncio
import time
from collections.abc import Sequence
from typing import NamedTuple
from uuid import uuid4

from rich.console import Console

from deploy.demo.api import Api
from deploy.demo.exports import ImportFile
from deploy.demo.model import COUNTY_CODE, YEAR
from deploy.demo.replies import ImportReply
from deploy.demo.tables.layout import progress

AS_OF = f"{YEAR}-01-15"
"""The day on which the offices exported the files."""


class Imported(NamedTuple):
    """One file, what came of it, and how long it took."""

    file: ImportFile
    reply: ImportReply
    seconds: float


def new_key() -> str:
    """A key that no run has used."""
    return str(uuid4())


async def run(api: Api, files: Sequence[ImportFile], out: Console) -> list[Imported]:
    """Send the files one after another (a county takes one import at a time)."""
    done = []
    with progress(out) as bars:
        for file in files:
            bar = bars.add_task(f"导入 {file.path.name}", total=file.rows)
            done.append(await send(api, file))
            bars.update(bar, completed=file.rows)
    return done


async def send(api: Api, file: ImportFile) -> Imported:
    """Send one file, with a key of its own: what is sent again is really compared again."""
    query: dict[str, str | int] = {
        "kind": file.kind,
        "format": file.format,
        "county": COUNTY_CODE,
        "year": YEAR,
        "as_of": AS_OF,
    }
    began = time.monotonic()
    content = await asyncio.to_thread(file.path.read_bytes)
    answer = await api.post(
        "registry", "/v1/imports", "registry_officer", content=content, query=query, key=f"demo-{new_key()}"
    )
    return Imported(file, ImportReply.model_validate(answer.body), time.monotonic() - began)
