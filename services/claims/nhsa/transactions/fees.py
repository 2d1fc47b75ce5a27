"""2204/2301 charges in parts, 2205/2302 taken back."""

from collections.abc import Sequence
from typing import Any, TypeVar

from services.claims.benefits.charges import Split, split_charge
from services.claims.benefits.facts import Charge
from services.claims.nhsa import problems, repository
from services.claims.nhsa.codes import Codes
from services.claims.nhsa.fields import yuan
from services.claims.nhsa.inputs import BatchInput, Fee, FeeNamed, FeeNamesInput, FeesInput
from services.claims.nhsa.repository import VisitRow
from services.claims.nhsa.transactions.base import (
    INPATIENT,
    OUTPATIENT,
    At,
    Done,
    opened,
    visit_named,
)
from services.claims.visits import charges, service
from services.claims.visits.refunds import Uploaded, is_refund
from services.claims.visits.repository import VisitKey
from shared.problems import Problem

EVERYTHING = "0000"
Named = TypeVar("Named", Fee, FeeNamed)
_MAX_PARTS = 9_999


async def upload_outpatient(at: At, asked: FeesInput) -> Done:
    """2204."""
    return await _upload(at, asked, OUTPATIENT)


async def upload_inpatient(at: At, asked: FeesInput) -> Done:
    """2301."""
    return await _upload(at, asked, INPATIENT)


async def withdraw_batch(at: At, asked: BatchInput) -> Done:
    """2205: a batch of an outpatient's charges, or all of them."""
    data = asked.data
    row = await visit_named(at, data.mdtrt_id, data.psn_no, "/input/data", OUTPATIENT)
    batches = await repository.batches(at.connection, row.mdtrt_id)
    parts = [part for part, name in batches if data.chrg_bchno in (EVERYTHING, name)]
    if not parts:
        raise Problem(problems.UNKNOWN_CHARGES, mdtrt_id=data.mdtrt_id, which=data.chrg_bchno)
    await withdraw_parts(at, row, parts)
    return Done({}, row.mdtrt_id, row.person_id)


async def withdraw_lines(at: At, asked: FeeNamesInput) -> Done:
    """2302: lines of an inpatient's charges, or all of them."""
    named = asked.data
    first = _one_visit(named)
    row = await visit_named(at, first.mdtrt_id, first.psn_no, "/input/data", INPATIENT)
    if any(each.feedetl_sn == EVERYTHING for each in named):
        parts = [part for part, _ in await repository.batches(at.connection, row.mdtrt_id)]
        if not parts:
            raise Problem(problems.UNKNOWN_CHARGES, mdtrt_id=first.mdtrt_id, which=EVERYTHING)
        await withdraw_parts(at, row, parts)
        return Done({}, row.mdtrt_id, row.person_id)
    lines = [each.feedetl_sn for each in named]
    key = VisitKey(at.facility, opened(row))
    gone = await charges.withdraw_lines(at.session, at.caller, key, lines)
    if gone.missing:
        raise Problem(problems.UNKNOWN_CHARGES, mdtrt_id=first.mdtrt_id, which="、".join(gone.missing[:5]))
    await repository.drop_batches(at.connection, row.mdtrt_id, gone.empty_parts)
    return Done({}, row.mdtrt_id, row.person_id)


async def withdraw_parts(at: At, row: VisitRow, parts: Sequence[int]) -> None:
    """Take parts of a bill out again; those that are gone already are left alone."""
    await charges.withdraw_parts(at.session, at.caller, VisitKey(at.facility, opened(row)), parts)
    await repository.drop_batches(at.connection, row.mdtrt_id, parts)


def line_output(feedetl_sn: str, charge: Charge, codes: Codes, taken: Split | None = None) -> dict[str, Any]:
    """A line as the platform divides it; a refund as it took from the line that it refunds."""
    split = taken or split_charge(charge)
    limit = charge.price_limit_e4
    return {
        "feedetl_sn": feedetl_sn,
        "det_item_fee_sumamt": yuan(charge.amount_fen),
        "cnt": _decimals(charge.quantity_milli, 3),
        "pric": _decimals(charge.unit_price_e4, 4),
        "pric_uplmt_amt": None if limit is None else _decimals(limit, 4),
        "selfpay_prop": _decimals(charge.self_pay_rate_bp, 4),
        "fulamt_ownpay_amt": yuan(split.non_covered_fen),
        "overlmt_amt": yuan(split.over_limit_fen),
        "preselfpay_amt": yuan(split.upfront_copay_fen),
        "inscp_scp_amt": yuan(split.eligible_fen),
        "chrgitm_lv": codes.level_of(charge.item_class),
        "med_chrgitm_type": codes.charge_type_of(charge.category),
        "bas_medn_flag": "0",
        "hi_nego_drug_flag": "0",
        "chld_medc_flag": "0",
        "list_sp_item_flag": "0",
        "lmt_used_flag": "0",
        "drt_reim_flag": "0",
        "memo": "",
    }


def _decimals(number: int, places: int) -> Any:
    return yuan(number).scaleb(2 - places)


async def _upload(at: At, asked: FeesInput, care: str) -> Done:
    fees = asked.feedetail
    first = _one_visit(fees)
    row = await visit_named(at, first.mdtrt_id, first.psn_no, "/input/feedetail/0", care)
    key = VisitKey(at.facility, opened(row))
    part_no = await _next_part(at, key)
    lines = [
        Uploaded(part_no, fee.feedetl_sn, fee.init_feedetl_sn if fee.cnt < 0 else None, _charge(at, no, fee))
        for no, fee in enumerate(fees)
    ]
    await charges.upload_lines(at.session, at.caller, key, lines, at.now, refunds=True)
    await repository.add_batch(at.connection, row, part_no, first.chrg_bchno or "", at.envelope.msgid)
    refunded = any(is_refund(line.charge) for line in lines)
    taken = (await charges.bill(at.session, key)).taken if refunded else {}
    output = [
        line_output(line.line_id, line.charge, at.window.codes, taken.get(line.line_id)) for line in lines
    ]
    return Done({"result": output}, row.mdtrt_id, row.person_id, part_no=part_no)


async def _next_part(at: At, key: VisitKey) -> int:
    visit = await service.get(at.session, key)
    return max((part.part_no for part in visit.parts), default=0) % _MAX_PARTS + 1


def _one_visit(named: Sequence[Named]) -> Named:
    first = named[0]
    if any((each.mdtrt_id, each.psn_no) != (first.mdtrt_id, first.psn_no) for each in named):
        raise Problem(problems.MIXED_VISITS, pointer="/input")
    return first


def _charge(at: At, no: int, fee: Fee) -> Charge:
    codes, listed = at.window.codes, at.window.catalogue.get(fee.med_list_codg)
    level = listed.chrgitm_lv if listed else fee.chrgitm_lv
    if level is None or level not in codes.item_classes:
        pointer = f"/input/feedetail/{no}/chrgitm_lv"
        raise Problem(problems.CHARGE_LEVEL, pointer=pointer, code=fee.med_list_codg)
    charge_type = codes.charge_type(
        (listed and listed.med_chrgitm_type) or fee.med_chrgitm_type, fee.med_list_codg
    )
    return Charge(
        item_code=fee.med_list_codg,
        name=fee.medins_list_name or fee.med_list_codg,
        category=codes.categories.get(charge_type, charge_type),
        item_class=codes.item_classes[level],
        self_pay_rate_bp=listed.selfpay_prop_bp if listed else fee.selfpay_prop or 0,
        quantity_milli=fee.cnt,
        unit_price_e4=fee.pric,
        amount_fen=fee.det_item_fee_sumamt,
        price_limit_e4=listed.price_limit_e4 if listed else fee.pric_uplmt_amt,
    )
