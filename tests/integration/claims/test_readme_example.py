"""The settlement that the README sends is settled."""

import json
from pathlib import Path

import pytest

from tests.integration.claims.conftest import World
from tests.support import claims as build

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "settlement.json"


@pytest.mark.integration
async def test_the_example_of_the_readme_is_settled_and_explained(world: World) -> None:
    message = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    number = message["patient"]["id_number"]
    await world.record(build.person(world.index, number, categories=["registered_poor", "dibao"]))
    settled = await world.settle(message)
    assert settled["total"] == message["total"]
    reply = await world.client.get(settled["explanation"], headers=world.as_hospital())
    assert reply.json()["person_pays"] == settled["person_pays"]
