"""Preparing and deciding on versions of policy packs: two people, refusals, nothing changed afterwards."""

import json

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from tests.support.office import Office
from tests.support.races import all_at_once
from tests.support.uploads import outpatient_pack

pytestmark = pytest.mark.integration


async def test_the_preparer_cannot_approve(office: Office) -> None:
    draft = await office.draft()
    own = office.clerk(scopes="policies:prepare policies:approve claims:read")
    reply = await office.decide(draft["id"], **own)
    assert (reply.status_code, reply.json()["code"]) == (403, "claims.pack_same_person")
    assert [row.state for row in await office.rows()] == ["draft"]


async def test_preparing_and_approving_ask_for_their_scopes(office: Office) -> None:
    reply = await office.send(office.version(), **office.clerk(scopes="policies:approve claims:read"))
    assert (reply.status_code, reply.json()["code"]) == (403, "auth.forbidden")
    draft = await office.draft()
    reply = await office.decide(draft["id"], **office.chief(scopes="policies:prepare claims:read"))
    assert (reply.status_code, reply.json()["code"]) == (403, "auth.forbidden")


async def test_an_example_that_fails_is_named_with_both_amounts_and_nothing_is_written(
    office: Office,
) -> None:
    data = office.version()
    data["examples"][2]["expect"]["person_pays"] = "149.99"
    data["examples"][5]["visit"]["discharged_on"] = "2025-12-31"
    for language, text in (
        ("zh", "算得 150.00，例题写的是 149.99"),
        ("en", "give 150.00, the example"),
    ):
        reply = await office.send(data, **{"Accept-Language": language})
        assert (reply.status_code, reply.json()["code"]) == (422, "claims.pack_example_fails")
        amount, time = reply.json()["errors"]
        assert amount["pointer"] == "/examples/2/expect/person_pays"
        assert text in amount["detail"]
        assert time["pointer"] == "/examples/5/visit"
    assert await office.rows() == []
    assert await office.world.counts(["audit_log", "idempotency_keys"]) == {
        "audit_log": 0,
        "idempotency_keys": 0,
    }


async def test_a_pack_with_mistakes_is_refused_with_pointers(office: Office) -> None:
    data = office.version()
    data["layers"][0]["benefits"][0]["rate"]["rows"][0]["rate"] = 0.5
    data["surprise"] = 1
    reply = await office.send(data)
    assert (reply.status_code, reply.json()["code"]) == (422, "claims.pack_invalid")
    pointers = {error["pointer"] for error in reply.json()["errors"]}
    assert {"", "/layers/0/benefits/0/rate/rows/0/rate"} <= pointers
    assert await office.rows() == []


async def test_json_of_the_same_structure_is_taken_too(office: Office) -> None:
    headers = {"Content-Type": "application/json"}
    reply = await office.send(json.dumps(office.version(), ensure_ascii=False).encode(), **headers)
    assert (reply.status_code, reply.json()["version"]) == (201, "2026-01-01")


async def test_repeating_a_request_gives_the_same_draft(office: Office) -> None:
    headers = office.clerk()
    first = await office.send(office.version(), **headers)
    again = await office.send(office.version(), **headers)
    assert (again.json(), again.headers["Idempotency-Hit"]) == (first.json(), "true")
    draft = first.json()["id"]
    chief = office.chief()
    approved = await office.decide(draft, **chief)
    assert (await office.decide(draft, **chief)).json() == approved.json()
    assert len(await office.rows()) == 1


async def test_one_draft_of_a_date_waits_at_a_time_and_the_same_content_is_not_published_twice(
    office: Office,
) -> None:
    draft = await office.draft()
    reply = await office.send(office.version(rate="0.60"))
    assert (reply.status_code, reply.json()["code"]) == (409, "claims.pack_draft_waits")
    assert (await office.decide(draft["id"])).status_code == 200
    reply = await office.send(office.version())
    assert (reply.status_code, reply.json()["code"]) == (409, "claims.pack_version_exists")


async def test_a_rejected_draft_is_kept_with_its_reason_and_can_be_prepared_anew(office: Office) -> None:
    draft = await office.draft()
    rejected = await office.decide(draft["id"], "reject")
    assert (rejected.status_code, rejected.json()["state"]) == (200, "rejected")
    assert rejected.json()["reason"] == "数字有误"
    late = await office.decide(draft["id"])
    assert (late.status_code, late.json()["code"]) == (409, "claims.pack_decided")
    assert (await office.draft())["version"] == "2026-01-01"


async def test_a_preparer_takes_back_a_draft_but_no_other_clerk_does(office: Office) -> None:
    draft = await office.draft()
    other = await office.decide(draft["id"], "reject", **office.clerk(subject="other clerk"))
    assert (other.status_code, other.json()["code"]) == (403, "auth.forbidden")
    assert (await office.decide(draft["id"], "reject", **office.clerk())).status_code == 200


async def test_an_approval_is_refused_when_what_it_was_compared_with_has_changed(office: Office) -> None:
    later = await office.draft("2026-07-01", "0.60")
    earlier = await office.draft("2026-01-01", "0.50")
    assert (await office.decide(earlier["id"])).status_code == 200
    reply = await office.decide(later["id"])
    assert (reply.status_code, reply.json()["code"]) == (409, "claims.pack_stale")


async def test_of_two_approvals_at_once_one_counts(office: Office) -> None:
    draft = await office.draft()
    asked = [office.decide(draft["id"], **office.chief(subject=f"chief {no}")) for no in range(4)]
    lock = "SELECT pg_advisory_xact_lock(hashtextextended('claims.policy_packs', 0))"
    replies = await all_at_once(office.world.platform, "claims", lock, asked)
    codes = sorted(reply.json().get("code", "approved") for reply in replies)
    assert codes == ["approved", *["claims.pack_decided"] * 3]


async def test_of_two_drafts_at_once_one_is_kept(office: Office) -> None:
    asked = [office.send(office.version(rate=rate)) for rate in ("0.50", "0.60")]
    lock = "SELECT pg_advisory_xact_lock(hashtextextended('claims.policy_packs', 0))"
    replies = await all_at_once(office.world.platform, "claims", lock, asked)
    assert sorted(reply.status_code for reply in replies) == [201, 409]


EVERYWHERE = """PERFORM set_config('app.jurisdiction', '{""}', false)"""
CHANGES = [
    "UPDATE policy_packs SET text = text || ' '",
    "UPDATE policy_packs SET digest = 'x'",
    "UPDATE policy_packs SET state = 'draft', decided_by = NULL, decided_at = NULL, generation = NULL",
    "UPDATE policy_packs SET reason = 'later'",
    "DELETE FROM policy_packs",
    "TRUNCATE policy_packs",
]
PAST_TWO_PEOPLE = (
    "INSERT INTO policy_packs (id, pack, version, effective_from, revision, jurisdiction, title, text,"
    " digest, diff, state, prepared_by, prepared_at, decided_by, decided_at, generation)"
    " VALUES (gen_random_uuid(), 'x', '2026-01-01', '2026-01-01', 1, '99', 'x', 'x', 'x', '{}', 'approved',"
    " 'a', now(), 'b', now(), 1)"
)


@pytest.mark.parametrize("role", ["api", "worker"])
@pytest.mark.parametrize("change", [*CHANGES, PAST_TWO_PEOPLE])
async def test_no_process_changes_an_approved_version_or_writes_one(
    office: Office, role: str, change: str
) -> None:
    await office.decide((await office.draft())["id"])
    stored = "SELECT xmin::text, state FROM policy_packs"
    before = await office.world.rows(stored)
    with pytest.raises(DBAPIError):
        await office.world.platform.as_role("claims", role, f"DO $$ BEGIN {EVERYWHERE}; {change}; END $$")
    assert await office.world.rows(stored) == before


@pytest.mark.parametrize("change", [*CHANGES, PAST_TWO_PEOPLE])
async def test_even_a_superuser_is_stopped_by_the_trigger(office: Office, change: str) -> None:
    await office.decide((await office.draft())["id"])
    stored = "SELECT xmin::text, state FROM policy_packs"
    before = await office.world.rows(stored)
    with pytest.raises(asyncpg.RestrictViolationError):
        await office.world.platform.as_administrator(
            "claims", "SET session_replication_role = origin", change
        )
    assert await office.world.rows(stored) == before


async def test_an_agency_publishes_for_its_own_jurisdiction_only(office: Office) -> None:
    elsewhere = office.clerk(jurisdiction="990199")
    reply = await office.send(office.version(), **elsewhere)
    assert (reply.status_code, reply.json()["code"]) == (403, "claims.outside_jurisdiction")
    draft = await office.draft()
    hidden = await office.decide(draft["id"], **office.chief(jurisdiction="990199"))
    assert hidden.status_code == 404
    below = await office.decide(draft["id"], **office.chief(jurisdiction=f"{office.county}200"))
    assert (below.status_code, below.json()["code"]) == (403, "claims.outside_jurisdiction")
    assert (await office.decide(draft["id"], **office.chief(jurisdiction="99"))).status_code == 200


async def test_a_name_or_a_jurisdiction_that_another_pack_has_is_refused(office: Office) -> None:
    await office.decide((await office.draft())["id"])
    other = Office(office.world)
    named = outpatient_pack(office.pack, other.county, "2026-01-01", "0.50")
    reply = await other.send(named)
    assert (reply.status_code, reply.json()["code"]) == (409, "claims.pack_mismatch")
    placed = outpatient_pack("another-name", office.county, "2026-01-01", "0.50")
    reply = await office.send(placed)
    assert (reply.status_code, reply.json()["code"]) == (409, "claims.pack_jurisdiction_taken")


@pytest.mark.parametrize(
    ("body", "media_type", "status", "code"),
    [
        (b"", "application/yaml", 422, "claims.pack_unreadable"),
        (b"pack: [", "application/yaml", 422, "claims.pack_unreadable"),
        (b"\xff\xfe", "application/yaml", 422, "claims.pack_unreadable"),
        (b"a: !!python/object:os.system x", "application/yaml", 422, "claims.pack_unreadable"),
        (b"[]", "application/json", 422, "claims.pack_invalid"),
        (b"{", "application/json", 400, "request.malformed_json"),
        (b"{}", "text/plain", 415, "request.unsupported_media"),
        (b"#" * (256 * 1024 + 1), "application/yaml", 413, "request.too_large"),
    ],
)
async def test_what_is_no_pack_is_refused(
    office: Office, body: bytes, media_type: str, status: int, code: str
) -> None:
    reply = await office.send(body, **{"Content-Type": media_type})
    assert (reply.status_code, reply.json()["code"]) == (status, code)
