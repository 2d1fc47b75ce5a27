"""Settling one visit over HTTP."""

from decimal import Decimal

import pytest

from tests.integration.claims.conftest import World
from tests.support import claims as build

pytestmark = pytest.mark.integration


async def test_a_poor_patient_pays_five_percent_in_the_county_hospital(world: World) -> None:
    number = await world.insure(categories=["registered_poor"])
    settled = await world.settle(build.visit(number, "ZY2026000123"))
    assert settled["total"] == "8766.00"
    assert settled["personal_share"] == "0.0500"
    assert settled["policy"] == {"pack": "sample-county", "version": "2026-01-01"}
    assert settled["patient"] == build.id_number(1)[:3] + "*" * 11 + build.id_number(1)[-4:]
    paid = sum(Decimal(payer["amount"]) for payer in settled["payers"])
    assert paid + Decimal(settled["person_pays"]) == Decimal("8766.00")
