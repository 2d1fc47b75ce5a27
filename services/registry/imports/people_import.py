"""The import of people: compare with the registry, write what differs, announce exactly that."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.households import service as households
from services.registry.imports import people_repository as repository
from services.registry.imports.order import Counts, Order
from services.registry.imports.parse import ParsedFile
from services.registry.imports.people_plan import Beliefs, PersonWrite, Plan, make_plan, spell_changes
from services.registry.imports.people_repository import SPELL_TABLES, SpellRow
from services.registry.imports.row_problems import RowFault
from services.registry.people import service as people
from services.registry.people.sealing import seal
from shared import identity
from shared.crypto import FieldCipher
from shared.ids import new_id


async def import_people(
    session: AsyncSession, order: Order, parsed: ParsedFile, cipher: FieldCipher, now: datetime
) -> tuple[Counts, list[RowFault]]:
    """Bring the registry in line with the rows; nothing is written on a dry run. The county is locked."""
    await repository.stage(session, parsed.people)
    known = await repository.classify(session, order.county)
    known_households = await repository.known_households(session, order.county)
    # Computing over a county's people takes seconds: in a thread, so that other requests go on meanwhile.
    plan = await asyncio.to_thread(make_plan, parsed.people, known, known_households, order)
    if not order.dry_run:
        await _write(session, plan, order, cipher, now)
    return _counts(plan, parsed), plan.faults


def _counts(plan: Plan, parsed: ParsedFile) -> Counts:
    created = sum(write.version == 1 for write in plan.people)
    new_households = sum(write.version == 1 for write in plan.households)
    return Counts(
        rows=parsed.rows,
        accepted=len(plan.people) + plan.unchanged,
        created=created,
        changed=len(plan.people) - created,
        unchanged=plan.unchanged,
        households_created=new_households,
        households_changed=len(plan.households) - new_households,
    )


async def _write(session: AsyncSession, plan: Plan, order: Order, cipher: FieldCipher, now: datetime) -> None:
    if plan.households:
        await repository.write_households(session, plan.households, now)
    sealed = await asyncio.to_thread(lambda: list(_sealed_rows(plan.people, cipher)))
    if sealed:
        await repository.write_people(session, sealed, order.year, order.as_of, now)
    moved_households = [write.id for write in plan.households if write.moved]
    others = await repository.move_others(session, moved_households, now) if moved_households else []
    await _write_spells(session, plan, order, others, now)
    await households.announce(session, [write.id for write in plan.households], now)
    await people.announce(session, [*(write.id for write in plan.people), *others], now)


def _sealed_rows(writes: list[PersonWrite], cipher: FieldCipher) -> Iterator[tuple[Any, ...]]:
    """Rows in the column order of the temporary table."""
    for write in writes:
        stated = write.prepared.person
        yield (
            write.id,
            write.household_id,
            stated.village,
            stated.person_no,
            write.prepared.id_index,
            seal(cipher, write.id, "id_number", stated.id_number),
            seal(cipher, write.id, "name", stated.name),
            seal(cipher, write.id, "phone", stated.phone) if stated.phone else None,
            stated.disability_kind,
            stated.disability_grade,
            identity.sex(stated.id_number),
            identity.birth_date(stated.id_number),
            stated.relation,
            stated.relation_source,
            stated.ethnicity,
            stated.ethnicity_source,
            stated.ethnicity_system,
            stated.health,
            stated.status,
            write.prepared.content_hash,
            write.version,
        )


async def _write_spells(
    session: AsyncSession, plan: Plan, order: Order, others: list[UUID], now: datetime
) -> None:
    changed = [write.id for write in plan.people if write.version > 1]
    beliefs = await repository.current_spells(session, changed, order.year) if changed else {}
    superseded, added = await asyncio.to_thread(_spells, plan.people, beliefs, order)
    moved = [write.id for write in plan.people if write.moved] + others
    await repository.write_spells(session, superseded, added, moved, order.year, now)


def _spells(
    writes: list[PersonWrite], beliefs: dict[UUID, Beliefs], order: Order
) -> tuple[dict[str, list[UUID]], list[SpellRow]]:
    superseded: dict[str, list[UUID]] = {table: [] for table in SPELL_TABLES}
    added: list[SpellRow] = []
    nothing = Beliefs([], [], [])
    for write in writes:
        village = write.prepared.person.village
        changes = spell_changes(write, beliefs.get(write.id, nothing), order)
        for table, change in zip(SPELL_TABLES, changes, strict=True):
            superseded[table].extend(change.superseded)
            added.extend(SpellRow(table, new_id(), write.id, village, *spell) for spell in change.added)
    return superseded, added
