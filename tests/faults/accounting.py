"""The annual accounts of a run: everybody's own books against the ledger, and every verification there is."""

import asyncio
import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from deploy.demo.model import COUNTY_CODE, YEAR
from services.claims.nhsa.ids import long
from shared.clock import SystemClock, business_date
from shared.money import Fen, format_yuan, parse_yuan
from tests.faults import operations
from tests.faults.checks.books import failed, failed_verifications
from tests.faults.checks.properties import Connection
from tests.faults.checks.traces import STANDING
from tests.faults.history import Outcome
from tests.faults.money import bank
from tests.faults.money.desk import Desk
from tests.faults.money.hospital import Hospital
from tests.faults.money.inspection import Closing
from tests.faults.run import REPORT, Run
from tests.faults.seeds import rng

_BATCHES, _RECONCILIATIONS, _RECONCILED = "/v1/payment-batches", "/v1/reconciliations", "reconciliation"
_WENT = """
SELECT replace(item.id::text, '-', ''), item.amount_fen, item.state FROM payment_items AS item
JOIN payment_batches AS batch ON batch.id = item.batch_id
WHERE batch.exported_at IS NOT NULL AND item.state IN
  ('in_payment', 'paid', 'failed', 'bank_returned', 'retried', 'returned')
"""
_UNCLOSED = """
SELECT count(*) FROM transfers WHERE NOT EXISTS (SELECT 1 FROM closed_transfers WHERE transfer_no = no)
"""
_FIGURES = re.compile(r"checked.*")
_BORNE_BY_PROVIDER = "provider"


async def wrong(run: Run, claims: Connection) -> list[str]:
    """What of everything that was paid does not agree; closes the day first."""
    desk = Desk("accounts.end", run.client, run.history, rng("end"), run.books.wrong)
    close = await desk.must(Closing(desk).close())
    found = [f"{await claims.fetchval(_UNCLOSED)} transfers are in no close"]
    found = [each for each in found if not each.startswith("0 ")]
    found += await _proofs(run, close["hash"])
    found += await _reports(run, desk)
    found += await _bank(run, desk, claims)
    found += await _national(run, desk, claims)
    found += await _hospitals(run, desk)
    return found + run.books.wrong


async def _proofs(run: Run, head: str) -> list[str]:
    """The services' own verifications of ledger, lineage, explanations, trails and the exported ledger."""
    today = business_date(SystemClock().now())
    file = Path(run.cluster.system.run.root) / "ledger.ndjson"
    days = ("--from", (today - timedelta(days=1)).isoformat(), "--to", today.isoformat())
    system, kept = run.cluster.system, list[str]()
    found, *others = await asyncio.gather(
        failed_verifications(system),
        failed(system, "claims", "verify-earmarks", kept=kept),
        failed(system, "claims", "verify", *days, kept=kept),
        failed(system, "claims", "export-ledger", "--county", COUNTY_CODE, "--to", str(file)),
    )
    others.append(
        await failed(system, "claims", "verify-ledger", "--file", str(file), "--head", head, kept=kept)
    )
    REPORT.append("  " + "; ".join(line for text in kept for line in _FIGURES.findall(text)))
    return [*found, *(each for several in others for each in several)]


async def _reports(run: Run, desk: Desk) -> list[str]:
    """A report is the same before and after its sums are made anew from all settlements."""
    before = await _month_tables(desk)
    found = await failed(run.cluster.system, "claims", "rebuild-reports")
    if before != await _month_tables(desk):
        found.append("reports are not what a rebuild makes of the settlements")
    return found


async def _month_tables(desk: Desk) -> list[Any]:
    asked = {"county": COUNTY_CODE}
    months = [f"{YEAR}-{month:02d}" for month in (3, 6, 9, 11)]
    return [(await desk.read("/v1/reports/month", month=month, **asked)).json() for month in months]


async def _bank(run: Run, desk: Desk, claims: Connection) -> list[str]:
    """Every payment is in one file, once; what the bank paid is what we think it has paid, to the fen."""
    went = {row[0]: (int(row[1]), row[2]) for row in await claims.fetch(_WENT)}
    ordered: Counter[str] = Counter()
    amounts: dict[str, Fen] = {}
    for batch in await desk.listed(_BATCHES):
        if batch["exported_at"] is not None:
            file = bank.read((await desk.read(f"{_BATCHES}/{batch['id']}/files/pain.001.xml")).content)
            ordered.update(each.number for each in file.instructions)
            amounts |= {each.number: each.amount_fen for each in file.instructions}
    books = run.books.bank
    paid = {number: fen for number, (fen, state) in went.items() if state == "paid"}
    found = [f"payment {number} is in {times} files" for number, times in ordered.items() if times != 1]
    if amounts != {number: fen for number, (fen, _) in went.items()}:
        found.append("the files for the bank are not what the batches say")
    if paid != books.paid or went.keys() != {*books.paid, *books.refused, *books.came_back}:
        found.append("the bank has paid other than its answers made of the payments")
    REPORT.append(
        f"  the bank: {len(books.files)} files, {len(books.paid)} payments of"
        f" {format_yuan(sum(books.paid.values()))}, {len(books.refused)} that failed,"
        f" {len(books.came_back)} that came back"
    )
    return found


async def _national(run: Run, desk: Desk, claims: Connection) -> list[str]:
    """Hospitals on the national interface: what stands by their books stands here, and 3201 says equal."""
    standing = {str(long(each)) for hospital in run.books.hospitals for each in hospital.standing()}
    here = {row[0] for row in await claims.fetch(STANDING)}
    found = (
        [] if here == standing else [f"{len(here ^ standing)} national settlements stand on one side only"]
    )
    # Whoever played it in which test, it is one hospital with one journal.
    journal = [entry for hospital in run.books.hospitals for entry in hospital.journal]
    hospital = Hospital(desk, iter(()), journal=journal)
    REPORT.append(f"  national interface: {len(here)} settlements stand of {len(journal)} entries")
    await hospital.sign_in()
    return found + await hospital.reconciled()


async def _hospitals(run: Run, desk: Desk) -> list[str]:
    """Every other hospital reconciles what it was answered, bill by bill."""
    found = []
    for facility, settled in _answered(run).items():
        body = _statement(facility, settled)
        order = desk.order(_RECONCILED, _RECONCILIATIONS, f"hospital:{facility}", body)
        result = await desk.must(order)
        if not result["equal"]:
            found.append(f"{facility} reconciles with differences: {result['result']['by_kind']}")
    return found


def _answered(run: Run) -> Mapping[str, list[dict[str, Any]]]:
    """By hospital; a visit that was sent again later is one settlement."""
    settled: dict[str, dict[str, Any]] = defaultdict(dict)
    for each in run.history.of(operations.SINGLE, operations.BATCH):
        if each.answer is None or each.answer.outcome != Outcome.OK:
            continue
        lines = [json.loads(line) for line in each.answer.body.splitlines()]
        replies = lines if each.kind == operations.SINGLE else [line.get("settlement") for line in lines]
        for reply in filter(None, replies):
            settled[reply["facility_code"]][reply["id"]] = reply
    return {facility: list(bills.values()) for facility, bills in settled.items()}


def _statement(facility: str, settled: list[dict[str, Any]]) -> dict[str, Any]:
    today = business_date(SystemClock().now())
    lines = [
        {"settlement_id": each["id"], "total": each["total"], "fund": format_yuan(_funds(each))}
        for each in settled
    ]
    totals = {
        "count": len(settled),
        "total": format_yuan(sum(parse_yuan(each["total"]) for each in settled)),
        "fund": format_yuan(sum(map(_funds, settled))),
    }
    return {
        "facility_code": facility,
        "first_day": today.isoformat(),
        "last_day": today.isoformat(),
        "settlements": totals,
        "lines": lines,
    }


def _funds(settlement: Mapping[str, Any]) -> Fen:
    return sum(
        parse_yuan(each["amount"]) for each in settlement["payers"] if each["payer"] != _BORNE_BY_PROVIDER
    )
