"""What the demonstration claims holds only if it is so."""

from pathlib import Path
from typing import Any

import pytest

from deploy.demo.bad_rows import bad_rows
from deploy.demo.exports import ImportFile
from deploy.demo.figures import Followed, WorkerFigures
from deploy.demo.replies import Funding, HisSummary, ImportReply, MonthTable, TrialBalance
from deploy.demo.steps.imports import Imported
from deploy.demo.tables import events, hospitals, imports, ledger, month, vouchers
from deploy.demo.tables.verdict import Claim, holds
from deploy.demo.voucher_count import VoucherCount


def account(name: str, debits: str, credits: str, balance: str) -> dict[str, str]:
    return {"account": name, "debits": debits, "credits": credits, "balance": balance}


def books(debits: str = "90.00") -> TrialBalance:
    rows = [
        account("financing_due:personal:990101:2026", "10.00", "0.00", "10.00"),
        account("fund:basic_insurance:990101:2026", "80.00", "10.00", "70.00"),
        account("provider_due:H99010100001", "0.00", "80.00", "-80.00"),
    ]
    return TrialBalance.model_validate({"accounts": rows, "debits": debits, "credits": "90.00"})


def test_a_ledger_that_balances_has_no_fault() -> None:
    assert ledger.faults(books()) == []
    assert ledger.raised(books()) == 1_000


def test_a_fen_between_debits_and_credits_is_a_fault() -> None:
    assert ledger.faults(books("90.01")) == ["借方 90.01 不等于贷方 90.00", "各科目之和不等于合计"]


def figures(lag: int = 0, backlog: int = 0, dead_letters: int = 0) -> dict[str, WorkerFigures]:
    followed = {"registry": Followed(lag, 1.0)}
    return {"claims": WorkerFigures(backlog=backlog, followed=followed, dead_letters=dead_letters)}


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        ({}, []),
        ({"lag": 1}, ["结算服务落后 1，待发布 0"]),
        ({"backlog": 2}, ["结算服务落后 0，待发布 2"]),
        ({"dead_letters": 3}, ["结算服务有 3 个事件被搁置"]),
    ],
)
def test_events_that_did_not_arrive_are_faults(state: dict[str, int], fault: list[str]) -> None:
    assert events.faults(figures(**state)) == fault


def summary(**changes: Any) -> HisSummary:
    plain = {
        "sent": 10,
        "settled": 6,
        "replayed": 4,
        "refused": {},
        "wrong_count": 0,
        "wrong": [],
        "retries": {},
        "total": "1.00",
        "statement_id": "x",
        "statement_charges": {},
        "seconds": 1.0,
        "per_second": 10.0,
        "milliseconds": {"p50": 1.0, "p95": 2.0},
    }
    return HisSummary.model_validate(plain | changes)


def test_visits_settled_by_an_earlier_run_count() -> None:
    assert hospitals.faults(summary(), visits=10) == []


def test_missing_visits_and_wrong_answers_are_faults() -> None:
    assert hospitals.faults(summary(wrong_count=2), visits=11) == [
        "2 条报文得到错误答复",
        "应结算 11 次就诊，实际 10 次",
    ]


def line(**changes: Any) -> dict[str, Any]:
    share = {"numerator_fen": 200, "denominator_fen": 1_000, "rate": "0.2000"}
    plain = {
        "visit_type": "inpatient",
        "group": "poor",
        "person_times": 3,
        "total": "10.00",
        "payers": [{"payer": "basic_insurance", "amount": "8.00"}],
        "person_pays": "2.00",
        "personal_share": share,
    }
    return plain | changes


def a_month(above_ceiling: int = 0, **changes: Any) -> MonthTable:
    share = {"numerator_fen": 50, "denominator_fen": 1_000, "rate": "0.0500"}
    ceiling = {
        "ceiling": "0.0500",
        "person_times": 3,
        "above_ceiling": above_ceiling,
        "personal_share": share,
    }
    return MonthTable.model_validate(
        {"month": "2026-03", "lines": [line(**changes)], "total": line(), "ceilings": [ceiling]}
    )


def test_a_month_that_adds_up_has_no_fault() -> None:
    assert month.faults([a_month(), a_month()]) == []
    assert month.person_times([a_month(), a_month()]) == 6


def test_a_line_that_does_not_add_up_and_a_visit_above_its_ceiling_are_faults() -> None:
    assert month.faults([a_month(above_ceiling=1, person_pays="2.01")]) == [
        "2026-03 住院：各方支付与个人自付之和不等于总费用",
        "1 人次个人自付超过控制目标",
    ]


def imported(name: str, problems: list[dict[str, Any]], rows: int = 10) -> Imported:
    errors = [each for each in problems if each["severity"] == "error"]
    counts = {"accepted": rows - len(errors), "rejected": len(errors), "warnings": 0}
    reply = {"rows": rows, **counts, "created": 0, "changed": 0, "unchanged": 1, "problems": problems}
    return Imported(ImportFile(Path(name), "people", "csv", 10), ImportReply.model_validate(reply), 1.0)


def problem(row: int, column: str) -> dict[str, Any]:
    return {"row": row, "column": column, "severity": "error", "code": "import.x", "detail": "错"}


def mistakes() -> list[dict[str, Any]]:
    return [problem(row, bad.column) for row, bad in enumerate(bad_rows(), 2) if bad.column]


def test_an_import_is_right_when_only_the_mistakes_are_refused() -> None:
    assert imports.faults([imported("people.csv", []), imported("bad.csv", mistakes())]) == []


def test_a_right_row_refused_and_a_mistake_taken_are_faults() -> None:
    found = imports.faults([imported("people.csv", mistakes()[:1]), imported("bad.csv", mistakes()[1:])])
    assert [fault.split("：")[0] for fault in found] == ["people.csv", "bad.csv"]


FUNDING = Funding.model_validate(
    {"year": 2026, "enrolled": 10, "per_head": "10.00", "due": "100.00", "payments": []}
)


def test_vouchers_that_are_missing_are_faults() -> None:
    paid = FUNDING.model_copy(update={"due": 0})
    assert vouchers.faults(VoucherCount(issued=4, redeemed=2), 4, paid) == []
    assert vouchers.faults(VoucherCount(issued=3, redeemed=1, accepted_mistakes=1), 4, FUNDING) == [
        "应发放 4 张，实际 3 张",
        "应核销 2 人次，实际 1 人次",
        "1 行错误报文被接受",
        "各期拨付之和不等于应补助金额",
    ]


def test_one_claim_that_is_not_so_spoils_the_verdict() -> None:
    assert holds([Claim("一", []), Claim("二", [])])
    assert not holds([Claim("一", []), Claim("二", ["错"])])
