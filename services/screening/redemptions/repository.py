"""SQL of redemptions."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.screening.redemptions.rules import Accepted, Voucher
from services.screening.redemptions.schemas import RedemptionReply

# Sorted before they are locked, so that two batches that share vouchers wait for each other in one order.
_LOCK = text("""
SELECT serial FROM vouchers
WHERE programme = :programme AND serial = ANY(CAST(:serials AS bigint[]))
ORDER BY serial FOR UPDATE
""")
_VOUCHERS = text("""
SELECT v.serial, v.year, v.issued_on, v.division_code AS village, v.redemption_id,
       p.person_id, p.household_id, p.division_code, p.id_index,
       ARRAY(SELECT CAST(e ->> 'year' AS int) FROM jsonb_array_elements(p.enrolments) AS e
             WHERE e ->> 'scheme' = :scheme) AS enrolled_years
FROM vouchers AS v JOIN participants AS p USING (person_id)
WHERE v.programme = :programme AND v.serial = ANY(CAST(:serials AS bigint[]))
""")
_INSERT = text("""
INSERT INTO redemptions (programme, programme_version, redeemed_on, recorded_at, recorded_by, id, person_id,
                         division_code, facility_code, place_kind, examined_on, items, amount_fen)
SELECT :programme, CAST(new.programme_version AS date), :redeemed_on, :recorded_at, :recorded_by,
       new.id, new.person_id, new.division_code, new.facility_code, new.place_kind, new.examined_on,
       string_to_array(new.items, ' '), new.amount_fen
FROM unnest(
  CAST(:versions AS date[]), CAST(:ids AS uuid[]), CAST(:person_ids AS uuid[]),
  CAST(:division_codes AS text[]), CAST(:facility_codes AS text[]), CAST(:place_kinds AS text[]),
  CAST(:examined_on AS date[]), CAST(:items AS text[]), CAST(:amounts_fen AS integer[])
) AS new (programme_version, id, person_id, division_code, facility_code, place_kind, examined_on, items,
          amount_fen)
""")
_USE = text("""
UPDATE vouchers SET redemption_id = used.redemption_id
FROM unnest(CAST(:serials AS bigint[]), CAST(:redemption_ids AS uuid[])) AS used (serial, redemption_id)
WHERE vouchers.serial = used.serial AND vouchers.redemption_id IS NULL
""")


async def lock_vouchers(
    session: AsyncSession, programme: str, scheme: str, serials: Sequence[int]
) -> dict[int, Voucher]:
    """The issued vouchers with these serials and their people, locked until the transaction ends."""
    wanted = {"programme": programme, "serials": list(serials)}
    await session.execute(_LOCK, wanted)
    rows = await session.execute(_VOUCHERS, {**wanted, "scheme": scheme})
    return {
        row.serial: Voucher(
            serial=row.serial,
            year=row.year,
            issued_on=row.issued_on,
            village=row.village,
            person_id=row.person_id,
            household_id=row.household_id,
            division_code=row.division_code,
            id_index=bytes(row.id_index),
            enrolled_years=frozenset(row.enrolled_years),
            redemption_id=row.redemption_id,
        )
        for row in rows
    }


async def insert(
    session: AsyncSession, redeemed: Sequence[tuple[RedemptionReply, Accepted]], recorded_by: str
) -> None:
    """Write redemptions and mark their vouchers as used; the caller has locked the vouchers."""
    replies = [reply for reply, _ in redeemed]
    first = replies[0]
    await session.execute(
        _INSERT,
        {
            "programme": first.programme,
            "redeemed_on": first.redeemed_on,
            "recorded_at": first.recorded_at,
            "recorded_by": recorded_by,
            "versions": [reply.programme_version for reply in replies],
            "ids": [reply.id for reply in replies],
            "person_ids": [reply.person_id for reply in replies],
            "division_codes": [accepted.vouchers[0].division_code for _, accepted in redeemed],
            "facility_codes": [reply.facility_code for reply in replies],
            "place_kinds": [reply.place for reply in replies],
            "examined_on": [reply.examined_on for reply in replies],
            "items": [" ".join(reply.items) for reply in replies],
            "amounts_fen": [reply.amount for reply in replies],
        },
    )
    await _use(session, [(serial, reply.id) for reply in replies for serial in reply.serials])


async def _use(session: AsyncSession, used: Sequence[tuple[int, UUID]]) -> None:
    result: Any = await session.execute(
        _USE,
        {"serials": [serial for serial, _ in used], "redemption_ids": [redemption for _, redemption in used]},
    )
    if result.rowcount != len(used):
        raise RuntimeError("a locked voucher was used by somebody else")
