"""The demonstration's hospital at the national interface, against the real claims service."""

from io import StringIO
from itertools import islice

import httpx
import pytest
from rich.console import Console

from deploy.demo import county
from deploy.demo.api import Api
from deploy.demo.steps import nhsa
from deploy.demo.tables import nhsa as nhsa_table
from tests.integration.claims.conftest import World
from tests.support import claims as build

pytestmark = pytest.mark.integration
HOSPITAL = build.COUNTY_HOSPITAL


def api(world: World) -> Api:
    async def answer(request: httpx.Request) -> httpx.Response:
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        return await world.client.post("/nhsa", headers=headers, content=request.content)

    tokens = {f"hospital:{HOSPITAL}": world.platform.token(f"hospital:{HOSPITAL}")}
    addresses = {"claims": {"api": "http://claims", "worker": "-"}}
    return Api({"services": addresses, "tokens": tokens}, httpx.MockTransport(answer))


async def test_the_hospital_settles_one_stay_and_a_second_run_another_person_s(world: World) -> None:
    sample = county.generate(seed=7, households=120)
    people = list(islice(nhsa.candidates(sample), 3))
    without_aid, *others = people
    await world.record(build.person(world.index, without_aid.id_number))
    for person in others:
        await world.record(build.person(world.index, person.id_number, categories=["dibao"]))
    async with api(world) as client:
        first = await nhsa.run(client, sample, HOSPITAL)
        second = await nhsa.run(client, sample, HOSPITAL)
    assert (first.faults, second.faults) == ([], [])
    settled = await world.rows("SELECT id_number_masked, total_fen FROM settlements ORDER BY posting_no")
    masks = [f"{person.id_number[:3]}{'*' * 11}{person.id_number[-4:]}" for person in others]
    assert [tuple(row) for row in settled] == [(mask, 680_000) for mask in masks]
    out = Console(width=120, file=StringIO())
    with out.capture() as captured:
        nhsa_table.show(out, second)
    assert "6,800.00" in captured.get()
    assert "该报文迟到：不再受理" in captured.get()
