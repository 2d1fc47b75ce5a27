"""Statements on eligibility: what held on a day, by what was known at an instant."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import raw

_HELD = """spell.person_id = person.id AND spell.recorded_at <= COALESCE($4::timestamptz, 'infinity')
       AND (spell.superseded_at IS NULL OR spell.superseded_at > COALESCE($4::timestamptz, 'infinity'))
       AND spell.valid_from <= $3 AND (spell.valid_to IS NULL OR spell.valid_to > $3)"""
_STANDINGS = f"""
SELECT asked.no, person.id,
  (SELECT spell.household_id FROM memberships AS spell WHERE {_HELD} LIMIT 1),
  (SELECT json_agg(json_build_array(category, valid_from, valid_to) ORDER BY valid_from, category)::text
   FROM category_spells AS spell WHERE {_HELD}),
  (SELECT json_agg(json_build_array(scheme, year, valid_from, valid_to) ORDER BY valid_from, scheme)::text
   FROM enrolments AS spell WHERE {_HELD})
FROM unnest($1::uuid[], $2::bytea[]) WITH ORDINALITY AS asked (person_id, id_index, no)
CROSS JOIN LATERAL (
  SELECT id FROM people
  WHERE people.id = asked.person_id OR people.id_index = asked.id_index
  ORDER BY status <> 'active', updated_at DESC LIMIT 1
) AS person
"""


class Standing(NamedTuple):
    """What held for a person: lists of [category, from, to] and [scheme, year, from, to]."""

    person_id: UUID
    household_id: UUID | None
    categories: list[list[Any]]
    enrolments: list[list[Any]]


async def standings(
    session: AsyncSession,
    asked: Sequence[tuple[UUID | None, bytes | None]],
    on: date,
    as_known_at: datetime | None,
) -> dict[int, Standing]:
    """The standing of each person asked for, by place in the request; people not visible are left out.

    Without an instant, what is believed now counts, whatever the clocks of the processes say.
    """
    ids = [person_id for person_id, _ in asked]
    indexes = [id_index for _, id_index in asked]
    records = await (await raw(session)).fetch(_STANDINGS, ids, indexes, on, as_known_at)
    return {no - 1: _standing(*rest) for no, *rest in records}


def _standing(
    person_id: UUID, household_id: UUID | None, categories: str | None, enrolments: str | None
) -> Standing:
    return Standing(person_id, household_id, json.loads(categories or "[]"), json.loads(enrolments or "[]"))
