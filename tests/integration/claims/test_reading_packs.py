"""Who reads which versions of policy packs, and what of them is written down."""

from typing import Any

import pytest

from services.claims.policies import load_books
from tests.support.office import Office

pytestmark = pytest.mark.integration


async def test_everybody_below_and_above_reads_what_is_decided_hospitals_no_drafts(office: Office) -> None:
    draft = await office.draft()
    address = f"/v1/policy-packs/{draft['id']}"

    async def seen(headers: dict[str, str]) -> int:
        return (await office.world.client.get(address, headers=headers)).status_code

    hospital = office.world.as_hospital()
    assert [await seen(hospital), await seen(office.clerk())] == [404, 200]
    await office.decide(draft["id"])
    township = office.who("township", "claims:read", f"{office.county}200")
    province = office.who("province", "claims:read", "99")
    neighbour = office.who("neighbour", "claims:read", "990199")
    assert [await seen(each) for each in (hospital, township, province, neighbour)] == [200, 200, 200, 404]


async def test_the_list_pages_through_shipped_and_published_versions(office: Office) -> None:
    await office.decide((await office.draft())["id"])
    await office.draft("2026-07-01", "0.60")
    headers = office.who("province", "claims:read", "99")
    found: list[tuple[str, str, str]] = []
    params: dict[str, Any] = {"limit": 1}
    while True:
        reply = await office.world.client.get("/v1/policy-packs", params=params, headers=headers)
        assert reply.status_code == 200, reply.text
        found += [(item["pack"], item["version"], item["state"]) for item in reply.json()["items"]]
        if reply.json()["next_cursor"] is None:
            break
        params["cursor"] = reply.json()["next_cursor"]
    assert found == sorted(found)
    own = [each for each in found if each[2] != "shipped"]
    assert own == [(office.pack, "2026-01-01", "approved"), (office.pack, "2026-07-01", "draft")]
    shipped = [each[:2] for each in found if each[2] == "shipped"]
    books = load_books().values()
    assert shipped == sorted((version.pack, version.version) for book in books for version in book.versions)


async def test_a_shipped_version_reads_with_its_text_and_its_diff(office: Office) -> None:
    headers = office.world.as_hospital()
    params = {"pack": "sample-county", "state": "shipped"}
    listed = (await office.world.client.get("/v1/policy-packs", params=params, headers=headers)).json()
    before, latest = listed["items"][-2:]
    detail = (await office.world.client.get(f"/v1/policy-packs/{latest['id']}", headers=headers)).json()
    assert "pack: sample-county" in detail["text"]
    assert detail["diff"]["compared_with"] == before["version"]
    schema = (await office.world.client.get("/v1/policy-packs/schema", headers=headers)).json()
    assert schema["$id"].endswith("policy-pack.json")


async def test_writes_are_in_the_audit_trail(office: Office) -> None:
    approved = await office.publish()
    entries = await office.world.rows(
        "SELECT subject, action, details->>'version' AS version FROM audit_log ORDER BY seq"
    )
    assert [tuple(entry) for entry in entries] == [
        ("clerk", "POST /v1/policy-packs", approved["version"]),
        ("chief", "POST /v1/policy-packs/{pack_id}:approve", approved["version"]),
    ]
