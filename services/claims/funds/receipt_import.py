"""A list of money received, as a file: prepared as a whole or not at all, in a handful of statements.

The rules are those of single receipts, and so is what follows: somebody else approves each of them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from services.claims.funds import problems, receipt_problems, receipt_repository, repository, rules
from services.claims.funds.receipt_rows import ReceiptFile, ReceiptRow, fault, names
from services.claims.funds.repository import Operation
from services.claims.funds.rules import Due
from services.claims.funds.schemas import FileReceipt, ReceiptFileReply, WarningCount
from services.claims.funds.service import Bureau, check, governed, new_receipt, planned_due
from shared.clock import business_date
from shared.money import Fen, format_yuan
from shared.problems import FieldError, Problem

_SHOWN = 200
_FIELDS = {"on": "received_on"}
_Dues = Mapping[tuple[int, str], Mapping[str, Due]]


class Order(NamedTuple):
    """What a list is said to be: whose, of which year where a row names none, and what it comes to."""

    county: str
    year: int
    total_fen: Fen | None
    dry_run: bool


class _Line(NamedTuple):
    """A row and the receipt it makes."""

    row: ReceiptRow
    receipt: Operation


async def prepare_file(bureau: Bureau, order: Order, file: ReceiptFile) -> ReceiptFileReply:
    """Prepare every receipt of a list, or none and every fault of it; what stands already stays as it is."""
    governed(bureau, order.county)
    if not file.rows and not file.faults:
        raise Problem(receipt_problems.NO_ROWS)
    faults = list(file.faults)
    lines = [_Line(row, new_receipt(bureau, order.county, row.year or order.year, row)) for row in file.rows]
    lines = [line for line in lines if _holds(bureau, line, faults)]
    references = [line.row.bank_reference for line in lines]
    stored = await receipt_repository.known(bureau.session, order.county, references)
    faults += _taken(lines, stored)
    new = [line for line in lines if line.row.bank_reference not in stored]
    looked = await _looked_at(bureau, order.county, new, faults)
    _refuse(faults)
    found = _added_up(order, file)
    if not order.dry_run:
        stored |= await _store(bureau, order.county, looked)
    created = sum(each.bank_reference not in stored for each in looked)
    return _reply(order, file, found, lines, {**_by_reference(looked), **stored}, created)


def _holds(bureau: Bureau, line: _Line, faults: list[FieldError]) -> bool:
    """Whether a receipt can be right whatever the state of its fund; if not, its fault is noted."""
    try:
        check(bureau, line.receipt)
    except Problem as problem:
        faults.append(_at(line, problem))
        return False
    return True


def _taken(lines: Iterable[_Line], stored: Mapping[str, Operation]) -> list[FieldError]:
    """Rows whose bank reference stands for something else."""
    found = []
    for line in lines:
        other = stored.get(line.row.bank_reference)
        if other is not None and not other.says_the_same(line.receipt):
            reference = line.row.bank_reference
            params = {"bank_reference": reference, "id": str(other.id)}
            found.append(
                fault(line.row.row, _column("bank_reference"), problems.BANK_REFERENCE_USED, **params)
            )
    return found


async def _looked_at(
    bureau: Bureau, county: str, lines: Sequence[_Line], faults: list[FieldError]
) -> list[Operation]:
    """New receipts with what is unusual about them; rows that no plan knows are faults."""
    keys = {(line.receipt.year, line.receipt.payer) for line in lines}
    dues = {key: await repository.due(bureau.session, county, *key) for key in sorted(keys)}
    seen = await receipt_repository.alike(bureau.session, county, [line.receipt for line in lines])
    today, found = business_date(bureau.now), []
    for line in lines:
        receipt = line.receipt
        try:
            due = planned_due(receipt, dues[receipt.year, receipt.payer])
        except Problem as problem:
            faults.append(_at(line, problem))
            continue
        alike = receipt.looks in seen
        seen.add(receipt.looks)
        warnings = rules.receipt_warnings(receipt.year, receipt.amount_fen, due, alike, today)
        found.append(receipt._replace(warnings=list(warnings)))
    return found


async def _store(bureau: Bureau, county: str, receipts: Sequence[Operation]) -> dict[str, Operation]:
    """Store new receipts; those that somebody else has stored at the same moment, as they stand."""
    added = await receipt_repository.add_all(bureau.session, receipts)
    late = [each for each in receipts if each.bank_reference not in added]
    winners = await receipt_repository.known(
        bureau.session, county, [each.bank_reference or "" for each in late]
    )
    for each in late:
        winner = winners.get(each.bank_reference or "")
        if winner is None or not winner.says_the_same(each):
            reference, id_ = each.bank_reference, str(winner.id if winner else "-")
            raise Problem(problems.BANK_REFERENCE_USED, bank_reference=reference, id=id_)
    return winners


def _refuse(faults: Sequence[FieldError]) -> None:
    if faults:
        ordered = sorted(faults, key=lambda each: int(each.pointer.split("/")[2]))
        shown = ordered[:_SHOWN]
        raise Problem(receipt_problems.FILE_FAULTS, errors=shown, count=len(faults), shown=len(shown))


def _added_up(order: Order, file: ReceiptFile) -> Fen:
    """The sum of the rows, which is what the file says, and what was said of it."""
    stated = [fen for fen in (file.stated_fen, order.total_fen) if fen is not None]
    if not stated:
        raise Problem(receipt_problems.TOTAL_MISSING)
    found = sum(row.amount for row in file.rows)
    for fen in stated:
        if fen != found:
            raise Problem(
                receipt_problems.TOTAL_DIFFERS,
                found=format_yuan(found),
                stated=format_yuan(fen),
                difference=format_yuan(abs(found - fen)),
            )
    return found


def _at(line: _Line, problem: Problem) -> FieldError:
    """A refusal of a receipt at its place in the file."""
    pointer = problem.errors[0].pointer.removeprefix("/") if problem.errors else ""
    return fault(line.row.row, _column(_FIELDS.get(pointer, pointer)), problem.spec, **problem.params)


def _column(field: str) -> str:
    return names().headings.standard.get(field, "")


def _by_reference(receipts: Iterable[Operation]) -> dict[str, Operation]:
    return {each.bank_reference: each for each in receipts if each.bank_reference is not None}


def _reply(
    order: Order,
    file: ReceiptFile,
    total: Fen,
    lines: Sequence[_Line],
    stand: Mapping[str, Operation],
    created: int,
) -> ReceiptFileReply:
    items = [(line.row.row, stand[line.row.bank_reference]) for line in lines]
    counts = Counter(code for _, each in items for code in each.warnings)
    return ReceiptFileReply(
        county=order.county,
        dry_run=order.dry_run,
        rows=len(items),
        created=created,
        unchanged=len(items) - created,
        total=total,
        warnings=[
            WarningCount(code=code, text=rules.WARNING_TEXTS[code], count=count)
            for code, count in sorted(counts.items())
        ],
        ignored_columns=file.ignored_columns,
        items=[_item(row, each, order) for row, each in items],
    )


def _item(row: int, receipt: Operation, order: Order) -> FileReceipt:
    shown_id: UUID | None = receipt.id
    if order.dry_run and receipt.decided_at is None:
        shown_id = None
    return FileReceipt(
        row=row,
        id=shown_id,
        state=receipt.state,
        bank_reference=receipt.bank_reference or "",
        amount=receipt.amount_fen,
        warnings=list(receipt.warnings),
    )
