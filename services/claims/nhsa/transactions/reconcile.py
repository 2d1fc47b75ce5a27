"""3201 totals and 3202 details: translated to the reconciliation, which compares and keeps the run."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.claims.nhsa import problems
from services.claims.nhsa.codes import Codes
from services.claims.nhsa.fields import yuan
from services.claims.nhsa.ids import long, short
from services.claims.nhsa.inputs import DetailsInput, DetailStated, TotalsInput
from services.claims.nhsa.transactions.base import At, Done
from services.claims.reconciliation import documents
from services.claims.reconciliation.rules import Amounts, Difference, Theirs, Totals
from services.claims.reconciliation.service import Selection
from shared.clock import business_date
from shared.problems import Problem

EQUAL, DIFFERENT = "0", "1"
REFUNDS = "1"
_COUNTY_DIGITS = 6


async def totals(at: At, asked: TotalsInput) -> Done:
    """3201: whether the institution's sums of some days are ours; every one of them has to be closed."""
    data = asked.data
    theirs = Totals(
        data.fixmedins_setl_cnt,
        Amounts(abs(data.medfee_sumamt), abs(data.fund_pay_sumamt), abs(data.acct_pay)),
    )
    selection = _selection(at.window.codes, data.setl_optins, data.clr_type, data.insutype)
    run = _run(at, data.stmt_begndate, data.stmt_enddate, selection)
    refunds = data.refd_setl_flag == REFUNDS
    run = run._replace(refunds=theirs) if refunds else run._replace(settlements=theirs)
    _, found = await documents.keep(at.session, at.caller, at.now, run)
    described = "；".join(difference.told()[0] for difference in found)
    return Done({"stmtinfo": _told(data.setl_optins, found, described)})


async def details(at: At, asked: DetailsInput) -> Done:
    """3202: every settlement of the list that is not as we have it, and every one that is not in the list."""
    data = asked.data
    if data.fixmedins_setl_cnt is not None and data.fixmedins_setl_cnt != len(data.detail):
        raise Problem(
            problems.DETAIL_COUNT,
            pointer="/input/data/fixmedins_setl_cnt",
            stated=data.fixmedins_setl_cnt,
            found=len(data.detail),
        )
    selection = _selection(at.window.codes, data.setl_optins, data.clr_type, data.insutype)
    run = _run(at, data.stmt_begndate, data.stmt_enddate, selection)._replace(
        lines=[_theirs(line) for line in data.detail],
        line_sides=None if data.refd_setl_flag is None else data.refd_setl_flag == REFUNDS,
    )
    _, found = await documents.keep(at.session, at.caller, at.now, run)
    by_id = {long(line.setl_id): line for line in data.detail}
    lines = [_difference(each, by_id, at.window.codes) for each in found]
    return Done({"stmtinfo": _told(data.setl_optins, found, f"共 {len(found)} 处不符"), "detail": lines})


def _run(at: At, begin: datetime, end: datetime, selection: Selection) -> documents.Asked:
    """A run of the message, kept under its number; what is compared is still to be said."""
    days = business_date(begin), business_date(end)
    division = at.provider.division_code
    return documents.Asked(at.facility, division, *days, selection, msgid=at.envelope.msgid)


def _told(setl_optins: str | None, found: Sequence[Difference], described: str) -> dict[str, str]:
    return {
        "setl_optins": setl_optins or "",
        "stmt_rslt": DIFFERENT if found else EQUAL,
        "stmt_rslt_dscr": described if found else "对账相符",
    }


def _selection(
    codes: Codes, setl_optins: str | None, clr_type: str | None, insutype: str | None
) -> Selection:
    visit_types = None
    if clr_type is not None:
        visit_types = tuple(each.visit_type for each in codes.med_types.values() if each.clr_type == clr_type)
        if not visit_types:
            known = "、".join(dict.fromkeys(each.clr_type for each in codes.med_types.values()))
            raise Problem(problems.CLR_TYPE, pointer="/input/data/clr_type", clr_type=clr_type, known=known)
    schemes = {code: scheme for scheme, code in codes.insutypes.items()}
    return Selection(
        visit_types=visit_types,
        county_code=setl_optins[:_COUNTY_DIGITS] if setl_optins else None,
        scheme=schemes.get(insutype, insutype) if insutype else None,
    )


def _theirs(line: DetailStated) -> Theirs:
    id_ = long(line.setl_id)
    return Theirs(
        refund=line.refd_setl_flag == REFUNDS,
        settlement_id=str(id_) if id_ else line.setl_id,
        visit_no=None,
        amounts=Amounts(abs(line.medfee_sumamt), abs(line.fund_pay_sumamt), abs(line.acct_pay)),
        message_id=line.msgid,
    )


def _difference(found: Difference, by_id: dict[UUID | None, DetailStated], codes: Codes) -> dict[str, Any]:
    """As the standard's result file lists it; the amounts are ours, of what only the hospital has its own."""
    id_ = UUID(found.settlement_id) if found.settlement_id and _is_id(found.settlement_id) else None
    line = by_id.get(id_)
    amounts = found.ours or found.theirs or Amounts(0, 0)
    return {
        "psn_no": line.psn_no or "" if line else "",
        "mdtrt_id": line.mdtrt_id or "" if line else "",
        "setl_id": short(id_) if id_ else found.settlement_id or "",
        "msgid": found.message_id or "",
        "stmt_rslt": codes.differences[found.kind.value],
        "refd_setl_flag": "1" if found.refund else "0",
        "memo": found.told()[0],
        "medfee_sumamt": yuan(amounts.total_fen),
        "fund_pay_sumamt": yuan(amounts.fund_fen),
        "acct_pay": yuan(amounts.account_fen),
    }


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
