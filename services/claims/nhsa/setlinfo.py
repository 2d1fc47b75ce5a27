"""A settlement as the interface tells it: ``setlinfo`` (41 fields) and ``setldetail``. Pure.

The four identities of DOMAIN 3.6 hold by construction: every payer of the settlement goes into exactly one of
the funds, the hospital's part or the person's account, and what is left is what the person pays in cash.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from services.claims.benefits.explain import step_sentences
from services.claims.nhsa.codes import FUNDS, PARTS, Codes, FundPayType
from services.claims.nhsa.fields import written_time, yuan
from services.claims.nhsa.ids import short
from services.claims.nhsa.vault import Known
from services.claims.settlements.record import Settlement
from shared.divisions import county_of
from shared.money import Fen, ratio_bp


@dataclass(frozen=True, slots=True)
class About:
    """What a settlement does not know itself: the visit by the interface's ids, and the patient."""

    mdtrt_id: str
    insutype: str
    cert_type: str
    med_type: str
    clr_type: str
    medins_setl_id: str
    known: Known
    sex: str
    birth_date: date | None


class Reasons(NamedTuple):
    """What the steps of a decision add: the deductible that counted, and why every payer pays."""

    deductible_fen: Fen
    by_payer: Mapping[str, str]


_MAX_REASON = 500


def reasons(steps: Sequence[Mapping[str, Any]], types: Mapping[str, FundPayType]) -> Reasons:
    """From complete steps. The deductible (act_pay_dedc) is that of the basic insurance."""
    deductible, texts = 0, dict[str, str]()
    for step in steps:
        payer, numbers = step["payer"], step["parameters"]
        if payer is None:
            continue
        texts[payer] = (texts.get(payer, "") + "".join(step_sentences(step)))[:_MAX_REASON]
        known = types.get(payer)
        if known is not None and known.part == "hifp" and "rate_bp" in numbers and "deductible" in numbers:
            left = max(0, numbers["deductible"] - numbers.get("deductible_used", 0))
            deductible += min(left, step["base"]["fen"])
    return Reasons(deductible, texts)


class Shares(NamedTuple):
    """The payers of a settlement by the interface's amounts, in fen; every key of ``PARTS`` is there."""

    parts: Mapping[str, Fen]
    detail: tuple[tuple[str, FundPayType, Fen], ...]

    @property
    def fund_fen(self) -> Fen:
        """fund_pay_sumamt."""
        return sum(self.parts[part] for part in FUNDS)


def shares(payers: Sequence[tuple[str, Fen]], types: Mapping[str, FundPayType], codes: Codes) -> Shares:
    """Every payer's amount in the amount of setlinfo that its fund_pay_type counts in."""
    parts = dict.fromkeys(PARTS, 0)
    detail = []
    for payer, amount in payers:
        known = types.get(payer) or codes.fund_pay_type(codes.payers.get(payer, codes.other_payer), payer)
        parts[known.part] += amount
        detail.append((payer, known, amount))
    return Shares(parts, tuple(detail))


def setlinfo(
    settlement: Settlement,
    about: About,
    found: Shares,
    codes: Codes,
    deductible_fen: Fen = 0,
    *,
    preview: bool = False,
) -> dict[str, Any]:
    """The 41 fields, in the standard's order. A preview has neither setl_id nor time."""
    return {
        **_who(settlement, about, codes, preview=preview),
        **_amounts(settlement, found, deductible_fen),
        "medins_setl_id": about.medins_setl_id,
        "clr_optins": county_of(settlement.division_code),
        "clr_way": codes.settlement["clr_way"],
        "clr_type": about.clr_type,
    }


def setldetail(settlement: Settlement, found: Shares, why: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every payer with its fund_pay_type. The person's account and the hospital's part are listed as well."""
    return [
        {
            "fund_pay_type": known.code,
            "inscp_scp_amt": yuan(settlement.eligible_fen),
            "crt_payb_lmt_amt": yuan(amount),
            "fund_payamt": yuan(amount),
            "fund_pay_type_name": known.name,
            "setl_proc_info": why.get(payer, ""),
        }
        for payer, known, amount in found.detail
    ]


def _who(settlement: Settlement, about: About, codes: Codes, *, preview: bool) -> dict[str, Any]:
    born = about.birth_date
    return {
        "mdtrt_id": about.mdtrt_id,
        "setl_id": "" if preview else short(settlement.id),
        "psn_no": short(settlement.person_id),
        "psn_name": about.known.name,
        "psn_cert_type": codes.settlement["psn_cert_type"],
        "certno": about.known.certno,
        "gend": about.sex,
        "naty": about.known.naty or codes.settlement["naty"],
        "brdy": born.isoformat() if born else "",
        "age": age(born, settlement.discharged_on) if born else "",
        "insutype": about.insutype,
        "psn_type": codes.settlement["psn_type"],
        "cvlserv_flag": codes.settlement["cvlserv_flag"],
        "setl_time": "" if preview else written_time(settlement.settled_at),
        "mdtrt_cert_type": about.cert_type,
        "med_type": about.med_type,
    }


def _amounts(settlement: Settlement, found: Shares, deductible_fen: Fen) -> dict[str, Any]:
    parts = found.parts
    person = settlement.person_pays_fen
    fen = {
        "medfee_sumamt": settlement.total_fen,
        "fulamt_ownpay_amt": settlement.non_covered_fen,
        "overlmt_selfpay": settlement.over_limit_fen,
        "preselfpay_amt": settlement.upfront_copay_fen,
        "inscp_scp_amt": settlement.eligible_fen,
        "act_pay_dedc": deductible_fen,
        "hifp_pay": parts["hifp"],
        "pool_prop_selfpay": 0,
        "cvlserv_pay": parts["cvlserv"],
        "hifes_pay": parts["hifes"],
        "hifmi_pay": parts["hifmi"],
        "hifob_pay": parts["hifob"],
        "maf_pay": parts["maf"],
        "hosp_part_amt": parts["hosp"],
        "oth_pay": parts["oth"],
        "fund_pay_sumamt": found.fund_fen,
        "psn_part_amt": person + parts["acct"],
        "acct_pay": parts["acct"],
        "psn_cash_pay": person,
        "balc": 0,
        "acct_mulaid_pay": 0,
    }
    amounts: dict[str, Any] = {name: yuan(value) for name, value in fen.items()}
    amounts["pool_prop_selfpay"] = _rate(parts["hifp"], settlement.eligible_fen)
    return amounts


def _rate(part: Fen, whole: Fen) -> Decimal:
    return Decimal(ratio_bp(part, whole)).scaleb(-4)


def age(born: date, on: date) -> Decimal:
    """Age with one decimal (4,1): completed months over twelve, rounded down."""
    months = (on.year - born.year) * 12 + on.month - born.month - (on.day < born.day)
    return Decimal(max(0, months) * 10 // 12).scaleb(-1)
