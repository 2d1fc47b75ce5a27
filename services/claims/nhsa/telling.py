"""Settlements told by the interface: what is missing in a settlement is looked up here."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.claims.coverage import service as coverage
from services.claims.nhsa import repository
from services.claims.nhsa.codes import FundPayType
from services.claims.nhsa.fields import written_time
from services.claims.nhsa.ids import short
from services.claims.nhsa.repository import VisitRow
from services.claims.nhsa.setlinfo import About, reasons, setldetail, setlinfo, shares
from services.claims.nhsa.transactions.base import At, known_of
from services.claims.settlements import service
from services.claims.settlements.record import Settlement
from shared.problems import Problem

_NOT_NEGATED = frozenset({"age", "pool_prop_selfpay"})


async def told(
    at: At,
    settlement: Settlement,
    row: VisitRow | None,
    steps: Sequence[Mapping[str, Any]],
    *,
    msgid: str = "",
    preview: bool = False,
) -> dict[str, Any]:
    """setlinfo and setldetail of a settlement or a preview."""
    codes = at.window.codes
    types = fund_pay_types(at, settlement)
    found = shares(settlement.payers, types, codes)
    why = reasons(steps, types)
    about = await _about(at, settlement, row, msgid)
    info = setlinfo(settlement, about, found, codes, why.deductible_fen, preview=preview)
    return {"setlinfo": info, "setldetail": setldetail(settlement, found, why.by_payer)}


async def stored(at: At, settlement: Settlement, row: VisitRow | None) -> dict[str, Any]:
    """A stored settlement with its current figures, whichever interface it came by."""
    made = await repository.message_of_settlement(at.connection, settlement.id)
    steps = await steps_of(at, settlement)
    return await told(at, settlement, row, steps, msgid=made[0] if made else "")


async def steps_of(at: At, settlement: Settlement) -> list[dict[str, Any]]:
    """The complete steps behind a stored settlement."""
    found = await service.explanation(at.session, at.desk.policies, at.caller, settlement.id)
    return [step.detail for step in found.steps]


def negated(output: Mapping[str, Any], at: At) -> dict[str, Any]:
    """The same with every amount taken back, at the time of the cancellation."""
    info = {
        name: -value if name not in _NOT_NEGATED and _is_amount(value) else value
        for name, value in output["setlinfo"].items()
    }
    detail = [
        {name: -value if _is_amount(value) else value for name, value in row.items()}
        for row in output["setldetail"]
    ]
    return {"setlinfo": {**info, "setl_time": written_time(at.now)}, "setldetail": detail}


def fund_pay_types(at: At, settlement: Settlement) -> dict[str, FundPayType]:
    """The payers' codes as the pack version that decided says them; empty where it is no longer in use."""
    named = (settlement.policy_pack, settlement.policy_version)
    return {
        layer.payer: at.window.codes.fund_pay_type(layer.fund_pay_type, layer.title)
        for book in at.desk.policies.covering(settlement.division_code)
        for version in book.versions
        if (version.pack, version.version) == named
        for layer in version.layers
    }


def _is_amount(value: Any) -> bool:
    return not isinstance(value, str | int) and value is not None


async def _about(at: At, settlement: Settlement, row: VisitRow | None, msgid: str) -> About:
    codes = at.window.codes
    known = await known_of(at, settlement.person_id)
    sex, born = "", None
    if known.certno:
        try:
            patient = await coverage.patient(at.session, at.desk.blind_index, known.certno)
            sex, born = patient.insured.sex, patient.insured.birth_date
        except Problem:
            # The number was corrected since: what the institution told no longer finds the person.
            sex, born = "", None
    med_type = codes.med_type_of(settlement.visit_type)
    return About(
        mdtrt_id=short(row.mdtrt_id) if row else "",
        insutype=row.insutype if row else codes.insutypes["resident"],
        cert_type=row.cert_type if row else "",
        med_type=med_type.code,
        clr_type=med_type.clr_type,
        medins_setl_id=msgid,
        known=known,
        sex=sex,
        birth_date=born,
    )
