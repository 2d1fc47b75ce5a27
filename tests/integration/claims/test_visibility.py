"""Who sees which settlements: the database decides, not the endpoint."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.integration.claims.conftest import World
from tests.support import claims as build
from tests.support.platform import bearer

pytestmark = pytest.mark.integration


async def visible(world: World, headers: dict[str, str], settlement_id: str) -> tuple[int, int, int, int]:
    """Status of get, explanation and transfers; number of items in the list."""
    got = await world.client.get(f"/v1/settlements/{settlement_id}", headers=headers)
    explained = await world.client.get(f"/v1/settlements/{settlement_id}/explanation", headers=headers)
    listed = await world.client.get("/v1/settlements", headers=headers)
    booked = await world.client.get(
        "/v1/ledger/transfers", params={"settlement_id": settlement_id}, headers=headers
    )
    return got.status_code, explained.status_code, len(listed.json()["items"]), len(booked.json()["items"])


async def test_a_hospital_sees_its_own_visits_only(world: World) -> None:
    number = await world.insure()
    settled = await world.settle(build.visit(number, "ZY1"))
    assert await visible(world, world.as_hospital(), settled["id"]) == (200, 200, 1, 2)
    other = world.as_hospital(build.TOWNSHIP_HOSPITAL)
    assert await visible(world, other, settled["id"]) == (404, 404, 0, 0)


async def test_an_agency_sees_the_people_of_its_county_wherever_they_were_treated(world: World) -> None:
    number = await world.insure()
    settled = await world.settle(build.visit(number, "ZY1", facility_code=build.PROVINCIAL_HOSPITAL))
    assert await visible(world, world.headers("agency"), settled["id"]) == (200, 200, 1, 2)
    neighbour = bearer(world.platform.mint("neighbour", ["claims:read"], ["990102"]))
    assert await visible(world, dict(neighbour), settled["id"]) == (404, 404, 0, 0)


async def test_a_token_without_jurisdiction_sees_nothing(world: World) -> None:
    number = await world.insure()
    settled = await world.settle(build.visit(number, "ZY1"))
    nobody = bearer(world.platform.mint("nobody", ["claims:read"], []))
    assert await visible(world, dict(nobody), settled["id"]) == (404, 404, 0, 0)


async def test_a_patient_outside_the_callers_jurisdiction_is_not_found(world: World) -> None:
    number = await world.insure()
    token = world.platform.mint("far", ["claims:settle"], ["51"], build.COUNTY_HOSPITAL)
    headers = {**bearer(token), "Idempotency-Key": "far-away-1"}
    reply = await world.client.post("/v1/settlements", json=build.visit(number, "ZY1"), headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (404, "claims.patient_not_found")


@pytest.mark.parametrize(
    "path", ["/v1/ledger/trial-balance", "/v1/reports/month?county=990101&month=2026-03"]
)
async def test_sums_over_the_county_are_not_for_hospitals(world: World, path: str) -> None:
    reply = await world.client.get(path, headers=world.as_hospital())
    assert (reply.status_code, reply.json()["code"]) == (403, "claims.agency_only")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE transfers SET amount_fen = 1",
        "DELETE FROM transfers",
        "UPDATE settlements SET person_pays_fen = 0",
        "DELETE FROM accumulator_movement_rows",
        "DELETE FROM accumulator_years",
        "UPDATE insured_persons SET alive = false",
    ],
)
async def test_the_api_role_cannot_change_what_is_posted(world: World, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        await world.platform.as_role("claims", "api", statement)


@pytest.mark.parametrize("table", ["transfers", "accumulator_movement_rows", "settlements"])
async def test_not_even_the_owner_changes_an_append_only_table(world: World, table: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        await world.platform.as_role("claims", "owner", f"TRUNCATE {table}")


async def test_every_table_with_rows_about_people_forces_row_level_security(world: World) -> None:
    async with world.platform.worker_session("claims") as session:
        unprotected = await session.scalars(
            text(
                "SELECT relname FROM pg_class JOIN pg_namespace AS space ON space.oid = relnamespace"
                " WHERE nspname = 'public' AND relkind = 'r' AND NOT relforcerowsecurity"
            )
        )
        of_the_kit = {
            "alembic_version",
            "relay_position",
            "consumer_position",
            "dead_letters",
            "idempotency_keys",
            "audit_log",
            "audit_chain",
        }
        assert set(unprotected) - of_the_kit == {
            "earmark_runs",
            "explanation_bases",
            "policy_pack_names",
            "policy_pack_followups",
        }
