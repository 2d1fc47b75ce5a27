"""Refusals of other features by the interface's names of the fields that they point at. Pure."""

from typing import Final

from shared.problems import FieldError, Problem

_LINE: Final = {
    "amount": "det_item_fee_sumamt",
    "quantity": "cnt",
    "unit_price": "pric",
    "self_pay_rate": "selfpay_prop",
    "line_id": "feedetl_sn",
    "item_code": "med_list_codg",
    "refund_of": "init_feedetl_sn",
}
_FIELDS: Final = {
    "/admitted_on": "/input/{node}/begntime",
    "/chronic_code": "/input/mdtrtinfo/dise_codg",
    "/diagnoses": "/input/diseinfo",
    "/discharged_on": "/input/{node}/{end}",
    "/facility_code": "/fixmedins_code",
    "/invoice_no": "/input/data/invono",
    "/patient/id_number": "/input/{node}/psn_no",
    "/referral_no": "/input/mdtrtinfo/refl_no",
    "/total": "/input/data/medfee_sumamt",
    "/visit_no": "/input/{node}/{number}",
    "/visit_type": "/input/{node}/med_type",
}
_NODES: Final = {"2203": "mdtrtinfo", "2401": "mdtrtinfo", "2402": "dscginfo"}
"""Where a transaction keeps what it says of the visit; the others keep it in ``data``."""


def in_fields(problem: Problem, transaction: str) -> Problem:
    """The same refusal; what points at nothing that the interface has stays as it is."""
    if not problem.errors:
        return problem
    errors = [FieldError(_path(each.pointer, transaction), each.spec, each.params) for each in problem.errors]
    return Problem(problem.spec, errors=errors, headers=problem.headers, **problem.params)


def _path(pointer: str, transaction: str) -> str:
    parts = pointer.split("/")
    if parts[1:2] == ["charges"]:
        return "/".join(["/input/feedetail", *(_LINE.get(part, part) for part in parts[2:])])
    return _FIELDS.get(pointer, pointer).format(
        node=_NODES.get(transaction, "data"),
        end="endtime" if transaction == "2402" else "dscg_time",
        number="ipt_no" if transaction == "2401" else "ipt_otp_no",
    )
