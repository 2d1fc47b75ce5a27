"""Layers of the pack that had no part in a settlement, and why: by the facts as they were settled."""

from collections.abc import Sequence
from dataclasses import replace

from services.claims.benefits.facts import Charge
from services.claims.benefits.left_out import LeftOut, left_out
from services.claims.benefits.policy import GOVERNING_DATES, PolicyVersion
from services.claims.coverage.insured import Insured
from services.claims.settlements import statement_repository
from services.claims.settlements.policies import Policies
from services.claims.settlements.record import REVERSED, Settlement
from services.claims.settlements.statement_repository import Connection
from services.claims.settlements.visit import facts_again
from shared.auth import Caller
from shared.clock import business_date
from shared.sensitivity import any_restricted, restricted_chronic, sees_restricted


def may_see_illness(caller: Caller, settlement: Settlement) -> bool:
    """Whether the caller may see what was treated: the hospital that did, and whoever may see the illness."""
    own = caller.facility is not None and caller.facility == settlement.facility_code
    return own or sees_restricted(caller) or not _restricted(settlement)


def _restricted(settlement: Settlement) -> bool:
    chronic_code = settlement.chronic_code
    return any_restricted(settlement.diagnoses) or (
        chronic_code is not None and restricted_chronic(chronic_code)
    )


async def layers_left_out(
    connection: Connection,
    policies: Policies,
    caller: Caller,
    settlement: Settlement,
    charges: Sequence[Charge] | None = None,
) -> list[LeftOut]:
    """The layers that the settlement's facts leave out, in the pack's order.

    Nothing where it cannot be told: the settlement is reversed, its policy version is no longer in use, the
    caller does not see the person, or may not see the illness that the reasons name.
    """
    version = _version(policies, settlement)
    if version is None or settlement.status == REVERSED or not may_see_illness(caller, settlement):
        return []
    born = await statement_repository.birth_and_sex(connection, settlement.person_id)
    if born is None:
        return []
    if charges is None:
        charges = await statement_repository.charges(connection, settlement.id)
    insured = Insured(settlement.person_id, settlement.household_id, settlement.division_code, *born, (), ())
    days = {
        "discharged_on": settlement.discharged_on,
        "admitted_on": settlement.admitted_on,
        "settled_on": business_date(settlement.settled_at),
    }
    day = days[GOVERNING_DATES[version.governing_date]]
    facts = facts_again(settlement, tuple(charges), insured, day, days["settled_on"])
    return left_out(version, replace(facts, categories=frozenset(settlement.categories)))


def _version(policies: Policies, settlement: Settlement) -> PolicyVersion | None:
    named = (settlement.policy_pack, settlement.policy_version)
    return next(
        (
            version
            for book in policies.covering(settlement.division_code)
            for version in book.versions
            if (version.pack, version.version) == named
        ),
        None,
    )
