"""Every statement of the settlement path but the claim, which is the guards': few round trips in all."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import asyncpg

from services.claims.coverage.insured import Insured, held_of
from services.claims.referrals.rules import Referral
from services.claims.settlements.visit import Asked, Provider

Connection: TypeAlias = "asyncpg.Connection[Any]"


class Settled(NamedTuple):
    """An earlier posting of a visit number; ``earlier`` are those that were reversed before it."""

    settlement_id: UUID
    digest: bytes
    reversed: bool = False
    earlier: tuple[tuple[UUID, bytes], ...] = ()

    def same(self, digest: bytes) -> UUID | None:
        """The posting of just this content, also a reversed one: nothing is settled twice."""
        if digest == self.digest:
            return self.settlement_id
        return next((id_ for id_, known in self.earlier if known == digest), None)


class Admitted(NamedTuple):
    """An admission that the visit number has: whose, and whether it is open."""

    id_index: bytes
    state: str


class Found(NamedTuple):
    """What the database knows about one message."""

    provider: Provider | None
    insured: Insured | None
    settled: Settled | None
    referral: Referral | None
    admitted: Admitted | None


_HOLD_PEOPLE = """
SELECT FROM unnest($1::bytea[]) AS asked (id_index) JOIN insured_persons AS person USING (id_index)
ORDER BY person.person_id FOR SHARE OF person
"""


async def hold_people(connection: Connection, id_indexes: Sequence[bytes]) -> None:
    """Keep facts about these people from changing until the transaction ends.

    Its own statement, so that the next one sees what was being recorded meanwhile. Whoever records a change
    locks the person first and looks for settlements afterwards: either the settlement knows the change, or
    the change finds the settlement.
    """
    await connection.execute(_HOLD_PEOPLE, id_indexes)


# The newest of several people with one ID number: a correction of two numbers arrives as two events.
# Admissions are locked before anything else is, so that nobody changes the bill of a visit being settled.
# "LATERAL … LIMIT" is always a look-up by key: a join planned while a table is empty may read all of it, and
# once for each line.
_FIND = """
WITH admitted AS MATERIALIZED (
  SELECT FROM unnest($1::text[], $2::text[]) AS asked (facility_code, visit_no)
  JOIN admissions AS admission USING (facility_code, visit_no)
  ORDER BY admission.facility_code, admission.visit_no FOR UPDATE OF admission
)
SELECT provider.level, provider.division_code AS provider_division, provider.visit_types,
       provider.valid_from, provider.valid_to, provider.programmes::text,
       person.person_id, person.household_id, person.division_code, person.birth_date, person.sex,
       person.categories::text, person.enrolments::text, person.certificates::text,
       visit.settlement_id, visit.content_digest, visit.reversed, visit.earlier_settlements,
       visit.earlier_digests,
       referral.person_id AS referred_id, referral.to_facility_code, referral.to_level, referral.to_place,
       referral.filed_on, referral.valid_until, referral.compliant, referral.withdrawn,
       admission.id_index AS admitted_index, admission.state AS admission_state
FROM unnest($1::text[], $2::text[], $3::bytea[], $4::text[])
     WITH ORDINALITY AS asked (facility_code, visit_no, id_index, referral_no, no)
LEFT JOIN providers AS provider ON provider.facility_code = asked.facility_code
LEFT JOIN LATERAL (
  SELECT * FROM insured_persons WHERE insured_persons.id_index = asked.id_index
  ORDER BY alive DESC, recorded_at DESC LIMIT 1
) AS person ON true
LEFT JOIN LATERAL (
  SELECT * FROM visits
  WHERE visits.facility_code = asked.facility_code AND visits.visit_no = asked.visit_no LIMIT 1
) AS visit ON true
LEFT JOIN LATERAL referral_named(asked.referral_no) AS referral ON true
LEFT JOIN LATERAL (
  SELECT * FROM admissions
  WHERE admissions.facility_code = asked.facility_code AND admissions.visit_no = asked.visit_no LIMIT 1
) AS admission ON true
WHERE (SELECT count(*) FROM admitted) >= 0
ORDER BY asked.no
"""


async def find(connection: Connection, asked: Sequence[Asked]) -> list[Found]:
    """Provider, patient, earlier posting, referral and admission of each message, in the same order.

    The admissions are locked until the transaction ends.
    """
    rows = await connection.fetch(
        _FIND,
        [each.request.facility_code for each in asked],
        [each.request.visit_no for each in asked],
        [each.id_index for each in asked],
        [each.request.referral_no for each in asked],
    )
    return [_found(row) for row in rows]


_REFERRAL = (
    "referred_id", "to_facility_code", "to_level", "to_place", "filed_on", "valid_until", "compliant",
    "withdrawn",
)  # fmt: skip


def _found(row: asyncpg.Record) -> Found:
    provider = insured = settled = referral = admitted = None
    if row["level"] is not None:
        provider = Provider(
            row["level"],
            row["provider_division"],
            row["visit_types"],
            row["valid_from"],
            row["valid_to"],
            held_of(row["programmes"]),
        )
    if row["person_id"] is not None:
        insured = Insured(
            row["person_id"],
            row["household_id"],
            row["division_code"],
            row["birth_date"],
            row["sex"],
            held_of(row["categories"]),
            held_of(row["enrolments"]),
            held_of(row["certificates"]),
        )
    if row["settlement_id"] is not None:
        earlier = zip(row["earlier_settlements"] or (), row["earlier_digests"] or (), strict=True)
        settled = Settled(row["settlement_id"], row["content_digest"], row["reversed"], tuple(earlier))
    if row["referred_id"] is not None:
        referral = Referral(*(row[name] for name in _REFERRAL))
    if row["admission_state"] is not None:
        admitted = Admitted(row["admitted_index"], row["admission_state"])
    return Found(provider, insured, settled, referral, admitted)


class Batch(NamedTuple):
    """Rows to write, in the order of the types ``posted_bill``, ``new_transfer``, ``used_in_year``."""

    settlements: list[tuple[Any, ...]]
    transfers: list[tuple[Any, ...]]
    years: list[tuple[Any, ...]]


# One statement for all tables but the log of events. Whatever was held for an open visit is released with it.
_WRITE = """
WITH settled AS (
  INSERT INTO settlements (
    id, facility_code, visit_no, division_code, person_id, household_id, id_number_masked, visit_type,
    admitted_on, discharged_on, year, referral_no, chronic_code, diagnoses, place, referral, provider_level,
    categories, policy_pack, policy_version, settled_at, settled_by, total_fen, non_covered_fen,
    over_limit_fen, upfront_copay_fen, eligible_fen, person_pays_fen, personal_share_bp, ceiling_bp,
    ceiling_base_fen, steps, referral_reason, designated_for, chronic_reason, charges, medicine_fen,
    herbal_medicine_fen, moved, payers, payer_fen)
  SELECT
    id, facility_code, visit_no, division_code, person_id, household_id, id_number_masked, visit_type,
    admitted_on, discharged_on, year, referral_no, chronic_code, diagnoses, place, referral, provider_level,
    categories, policy_pack, policy_version, settled_at, settled_by, total_fen, non_covered_fen,
    over_limit_fen, upfront_copay_fen, eligible_fen, person_pays_fen, personal_share_bp, ceiling_bp,
    ceiling_base_fen, steps::json, referral_reason, designated_for, chronic_reason, charges::json,
    medicine_fen, herbal_medicine_fen, moved::json, payers, payer_fen
  FROM unnest($1::posted_bill[])
  RETURNING id, facility_code, visit_no, settled_at
), discharged AS (
  UPDATE admissions AS admission
  SET state = 'settled', settlement_id = settled.id, closed_at = settled.settled_at
  FROM settled
  WHERE (admission.facility_code, admission.visit_no) = (settled.facility_code, settled.visit_no)
    AND admission.state = 'open'
), unheld AS (
  DELETE FROM holds USING settled
  WHERE (holds.facility_code, holds.visit_no) = (settled.facility_code, settled.visit_no)
), booked AS (
  INSERT INTO transfers (booked_at, county_code, year, facility_code, kind, debit_account, credit_account,
                         amount_fen, settlement_id)
  SELECT * FROM unnest($2::new_transfer[])
)
UPDATE accumulator_years AS stored SET used = new.used::json
FROM unnest($3::used_in_year[]) AS new
WHERE (stored.holder_id, stored.year) = (new.holder_id, new.year)
"""


async def write(connection: Connection, parts: Iterable[Batch]) -> None:
    """Post settlements with their transfers and what the accumulators then hold.

    Each part is asked for while the database writes those before it. The accumulators are locked by the
    caller, so the order of a person's settlements is the order of posting.
    """
    writing = asyncio.ensure_future(connection.executemany(_WRITE, parts))
    try:
        await asyncio.shield(writing)
    except asyncio.CancelledError:
        # The driver cannot stop between two parts; the database would wait for the next and keep its locks.
        connection.terminate()
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        raise


_ADD_BASES = """
INSERT INTO explanation_bases (id, content)
SELECT id, content::jsonb FROM unnest($1::text[], $2::text[]) AS new (id, content) ORDER BY id
ON CONFLICT (id) DO NOTHING
"""


async def add_bases(connection: Connection, bases: Sequence[tuple[str, str]]) -> None:
    """Keep the words and the arithmetic that explanations refer to; those known already stay as they are."""
    await connection.execute(_ADD_BASES, [id_ for id_, _ in bases], [content for _, content in bases])
