"""Wait until every event that was committed has been published and applied by every consumer."""

import asyncio
import time
from collections.abc import Mapping

import httpx
from rich.console import Console

from deploy.demo.api import Api, DemoError
from deploy.demo.figures import CatchUp, WorkerFigures, behind, read
from deploy.demo.tables.layout import progress

_POLL_SECONDS = 0.4
_LIMIT_SECONDS = 180.0

Figures = Mapping[str, WorkerFigures]


async def figures_of(api: Api) -> dict[str, WorkerFigures]:
    """What the three workers say now; a worker that cannot be read has done nothing yet."""
    return {service: await _read(api.http, url) for service, url in api.workers.items()}


async def wait(api: Api, out: Console, limit_seconds: float = _LIMIT_SECONDS) -> Figures:
    """Wait for everything committed before now; the figures at the end. Fails when it takes too long."""
    target = CatchUp(time.time())
    deadline = time.monotonic() + limit_seconds
    with progress(out) as bars:
        bar = bars.add_task("等待各服务处理完全部事件", total=None)
        most = 0
        while True:
            figures = await figures_of(api)
            left = target.outstanding(figures)
            most = max(most, behind(figures))
            bars.update(bar, total=most or None, completed=most - behind(figures))
            if not left:
                bars.update(bar, total=most or 1, completed=most or 1)
                return figures
            if time.monotonic() > deadline:
                raise DemoError(f"{limit_seconds:.0f} 秒内事件没有处理完：{'；'.join(left)}")
            await asyncio.sleep(_POLL_SECONDS)


async def _read(http: httpx.AsyncClient, url: str) -> WorkerFigures:
    try:
        response = await http.get(f"{url}/metrics", timeout=5.0)
    except httpx.TransportError:
        return WorkerFigures()
    return read(response.text)
