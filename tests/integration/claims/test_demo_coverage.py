"""The demonstration's step on designated hospitals and certificates, against the real claims service."""

from io import StringIO

import pytest
from rich.console import Console

from deploy.demo import county
from deploy.demo.handbooks import Handbook, handbooks
from deploy.demo.model import Person
from deploy.demo.places import COUNTY_HOSPITAL, TRADITIONAL_HOSPITAL
from deploy.demo.steps import coverage, providers
from deploy.demo.tables import coverage as coverage_table
from shared.events.registry import CertificateSpell, PersonRecorded
from tests.integration.claims.conftest import World
from tests.integration.claims.test_demo_payout import ROLES, api
from tests.support import claims as build

pytestmark = pytest.mark.integration


def _recorded(world: World, person: Person, book: Handbook | None) -> PersonRecorded:
    recorded = build.person(world.index, person.id_number, categories=person.categories)
    if book is None or book.last_day is not None:
        return recorded
    spell = CertificateSpell(chronic_code=book.disease.chronic_code, valid_from=book.recognised_on)
    return recorded.model_copy(update={"certificates": [spell]})


async def test_the_same_bill_is_worth_more_where_the_rules_hold(world: World) -> None:
    small = county.generate(households=120)
    books = handbooks(small)
    await world.record(
        *(
            _recorded(world, each, books.get(each.id_number))
            for home in small.households
            for each in home.people
        )
    )
    roles = (*ROLES, "admin", f"hospital:{COUNTY_HOSPITAL}", f"hospital:{TRADITIONAL_HOSPITAL}")
    async with api(world, roles) as client:
        chosen = [each for each in small.providers if each.facility_code == TRADITIONAL_HOSPITAL]
        await providers.register(client, chosen)
        first = await coverage.designate(client)
        assert (first, await coverage.designate(client)) == ("大病专项救治（30种），自 2025-01-01", first)
        tried = await coverage.run(client, small)
    assert coverage.faults(tried) == []
    out = Console(width=120, file=StringIO())
    with out.capture() as captured:
        coverage_table.show(out, tried)
    assert "按普通门诊结算" in captured.get().replace("\n", "").replace(" ", "")
