"""The conformance kit: passes against the platform, and finds what a broken copy of it does wrong."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from deploy.conformance.cases import Patient, load
from deploy.conformance.his import play
from deploy.conformance.link import CHINA, Link
from deploy.conformance.sheet import PASSED, Sheet
from tests.integration.claims.conftest import World
from tests.support import claims as build
from tests.support.nhsa import His

pytestmark = pytest.mark.integration

Reply = dict[str, Any]


class Broken(httpx.AsyncBaseTransport):
    """A copy of the platform with one defect, in what it is told or in what it tells."""

    def __init__(
        self,
        sound: httpx.AsyncBaseTransport,
        told: Callable[[Reply], Reply | None],
        tells: Callable[[Reply, Reply], Reply],
    ) -> None:
        self._sound, self._told, self._tells = sound, told, tells

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            message = json.loads(request.content)
        except ValueError:
            return await self._sound.handle_async_request(request)
        told = self._told(message)
        if told is None:
            body = {"infcode": "0", "inf_refmsgid": "1", "err_msg": "", "output": {}}
            return httpx.Response(200, json=body)
        again = httpx.Request(
            "POST", request.url, headers=_headers(request), content=json.dumps(told).encode()
        )
        answer = await self._sound.handle_async_request(again)
        content = await answer.aread()
        if answer.status_code != httpx.codes.OK:
            return httpx.Response(answer.status_code, content=content)
        return httpx.Response(200, json=self._tells(message, json.loads(content)))


def _headers(request: httpx.Request) -> dict[str, str]:
    return {
        name: value for name, value in request.headers.items() if name in {"authorization", "content-type"}
    }


def _as_it_is(message: Reply) -> Reply:
    return message


def _as_told(_: Reply, reply: Reply) -> Reply:
    return reply


def _a_fen_too_much(message: Reply, reply: Reply) -> Reply:
    if message["infno"] == "2304" and reply["infcode"] == "0":
        reply["output"]["setlinfo"]["hifp_pay"] += 0.01
    return reply


def _a_field_missing(_: Reply, reply: Reply) -> Reply:
    reply["output"].get("setlinfo", {}).pop("act_pay_dedc", None)
    return reply


def _everything_is_fine(_: Reply, reply: Reply) -> Reply:
    return {**reply, "infcode": "0", "output": reply["output"] or {"result": {}}}


def _silent(_: Reply, reply: Reply) -> Reply:
    return {**reply, "err_msg": ""}


def _charges_forgotten(message: Reply, reply: Reply) -> Reply:
    if message["infno"] == "5204" and reply["infcode"] == "0":
        reply["output"]["feedetail"].pop()
    return reply


class _EveryMessageIsNew:
    """Numbers are not looked at: what comes twice is done twice."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, message: Reply) -> Reply:
        self.count += 1
        return {**message, "msgid": f"{build.COUNTY_HOSPITAL}20261102110000{self.count:04d}"}


def _reversals_do_nothing(message: Reply) -> Reply | None:
    return None if message.get("infno") == "2601" else message


DEFECTS: dict[str, tuple[Callable[[Reply], Reply | None], Callable[[Reply, Reply], Reply], str]] = {
    "a fund that got a fen too much": (_as_it_is, _a_fen_too_much, "四个恒等式成立"),
    "a field left out": (_as_it_is, _a_field_missing, "setlinfo 含全部 41 个字段"),
    "bad messages taken": (_as_it_is, _everything_is_fine, "未知的 infno：拒绝并说明原因"),
    "refusals without a reason": (_as_it_is, _silent, "字段超长（ipt_no 31 位）：拒绝并说明原因"),
    "a charge line lost": (_as_it_is, _charges_forgotten, "查询费用明细，合计等于总费用"),
    "messages done twice": (_EveryMessageIsNew(), _as_told, "同一 msgid 重发，应答完全相同"),
    "reversals that do nothing": (_reversals_do_nothing, _as_told, "冲正后原报文迟到，不再受理"),
}


@asynccontextmanager
async def _kit(world: World, transport: httpx.AsyncBaseTransport) -> AsyncIterator[Link]:
    token = world.platform.token(f"hospital:{build.COUNTY_HOSPITAL}")
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        clock = world.clock
        yield Link(
            http,
            "http://test/nhsa",
            token,
            build.COUNTY_HOSPITAL,
            "990101",
            now=lambda: clock.now().astimezone(CHINA),
        )


async def _played(world: World, transport: httpx.AsyncBaseTransport) -> Sheet:
    number = await world.insure()
    async with _kit(world, transport) as link:
        return await play(link, load(None), Patient(number, "验收患者"))


async def test_every_check_passes_against_the_platform_and_leaves_the_year_as_it_was(
    his: His,
) -> None:
    sheet = await _played(his.world, his.world.client._transport)
    assert [row for row in sheet.rows if row.result != PASSED] == []
    assert len(sheet.rows) > 60


@pytest.mark.parametrize("defect", DEFECTS)
async def test_a_broken_copy_is_found(his: His, defect: str) -> None:
    told, tells, title = DEFECTS[defect]
    sheet = await _played(his.world, Broken(his.world.client._transport, told, tells))
    assert title in {row.title for row in sheet.rows if row.result != PASSED}
