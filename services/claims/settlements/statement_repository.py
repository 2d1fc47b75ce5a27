"""What a statement needs beside the settlement itself, under the caller's row-level security."""

from datetime import date
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from services.claims.benefits.facts import Charge
from services.claims.settlements import lines

Connection: TypeAlias = "asyncpg.Connection[Any]"

_BILL = "SELECT charges::text FROM bills WHERE settlement_id = $1"
_PERSON = "SELECT birth_date, sex FROM insured_persons WHERE person_id = $1"
_PROVIDER = "SELECT name FROM providers WHERE facility_code = $1"


async def charges(connection: Connection, settlement_id: UUID) -> list[Charge]:
    """The lines of the bill, in the order in which they were sent."""
    bill = await connection.fetchval(_BILL, settlement_id)
    return [] if bill is None else lines.read(bill)


async def birth_and_sex(connection: Connection, person_id: UUID) -> tuple[date, str] | None:
    """When the person was born, and the sex; ``None`` when the caller does not see the person."""
    row = await connection.fetchrow(_PERSON, person_id)
    return None if row is None else (row["birth_date"], row["sex"])


async def provider_name(connection: Connection, facility_code: str) -> str:
    """The provider's name as registered now."""
    return await connection.fetchval(_PROVIDER, facility_code) or ""
