"""The demonstration's audit and day close, against the real claims service."""

from datetime import date
from io import StringIO
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from deploy.demo.api import Api
from deploy.demo.steps import audit, closing
from deploy.demo.tables import audit as audit_table
from deploy.demo.tables import day_close as close_table
from tests.integration.claims.conftest import World
from tests.integration.claims.test_audit import stay
from tests.support import claims as build

pytestmark = pytest.mark.integration
ROLES = ("agency", "agency_approver", "finance", f"hospital:{build.COUNTY_HOSPITAL}")


def api(world: World) -> Api:
    """The demonstration's client."""

    async def answer(request: httpx.Request) -> httpx.Response:
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        return await world.client.request(
            request.method, request.url.raw_path.decode(), headers=headers, content=request.content
        )

    local = {
        "services": {"claims": {"api": "http://claims", "worker": "-"}},
        "tokens": {role: world.platform.token(role) for role in ROLES},
    }
    return Api(local, httpx.MockTransport(answer))


async def test_a_month_is_audited_closed_exported_and_checked_and_again_in_a_second_run(
    world: World, tmp_path: Path
) -> None:
    message = stay(await world.insure(categories=["dibao"]))
    await world.settle({**message, "admitted_on": "2026-06-01", "discharged_on": "2026-06-09"})
    async with api(world) as client:
        first = await audit.run(client)
        second = await audit.run(client)
        closed = await closing.run_close(client, world.platform.system, tmp_path, date(2026, 11, 2))
    assert first.finding is not None
    assert (first.run.added, second.run.added, second.finding) == (2, 0, first.finding)
    assert audit_table.faults(first) == audit_table.faults(second) == []
    assert close_table.faults(closed) == []
    assert closed.exported == closed.close.transfers
    out = Console(width=120, file=StringIO())
    with out.capture() as captured:
        audit_table.show(out, first)
        close_table.show(out, closed)
    printed = captured.get()
    assert "按日计价项目的数量超过住院天数" in printed
    assert "does not follow from the record before" in printed
