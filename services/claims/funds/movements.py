"""What a transfer of the ledger means for the funds it touches. Pure.

Deposits are money that has arrived (到位), not money that is due: a bank reference and a day stand behind
each, so a cent can be followed to the piece of paper with which it came. What the financing plan books into
the basic insurance fund is a claim on its sources and moves no deposit; what a source then pays does.
"""

from typing import Final, NamedTuple
from uuid import UUID

from services.claims.funds.allocation import DEPOSIT, RETURN, REVERSAL, USE, Movement
from services.claims.funds.postings import RECEIPT, RESERVE_USE, RISK_ADVANCE
from services.claims.ledger.postings import BASIC_INSURANCE, INFLOW
from shared.money import Fen

RISK_RESERVE_EARMARK: Final = "risk_reserve"
_FUND, _DUE = "fund", "financing_due"
_EARMARKS = {RESERVE_USE: RISK_RESERVE_EARMARK, RISK_ADVANCE: RISK_ADVANCE}


class FundKey(NamedTuple):
    """One fund: a payer's money of a county and year."""

    county_code: str
    year: int
    payer: str


class Transfer(NamedTuple):
    """A transfer with what its meaning depends on."""

    no: int
    kind: str
    debit_account: str
    credit_account: str
    amount_fen: Fen
    settlement_id: UUID | None
    reverses: int | None
    original_kind: str | None
    first_debit_no: int | None
    """The first transfer of the same settlement that touches the account debited here."""
    first_credit_no: int | None
    receipt_source: str | None


def touched(transfer: Transfer) -> list[tuple[FundKey, Movement]]:
    """The movements of funds that a transfer is: none, one, or one each where a fund pays another."""
    root = transfer.original_kind or transfer.kind
    if root == INFLOW:
        return []
    found = []
    debited, credited = _fund(transfer.debit_account), _fund(transfer.credit_account)
    if debited is not None:
        found.append((debited, _outgoing(transfer)))
    if credited is not None:
        found.append((credited, _incoming(transfer)))
    return found


def _fund(account: str) -> FundKey | None:
    """The fund that an account belongs to; dues are those of the basic insurance."""
    kind, _, rest = account.partition(":")
    if kind not in (_FUND, _DUE):
        return None
    name, county_code, year = rest.split(":")
    return FundKey(county_code, int(year), name if kind == _FUND else BASIC_INSURANCE)


def _outgoing(transfer: Transfer) -> Movement:
    kind = USE if transfer.reverses is None else REVERSAL
    use_no = transfer.first_debit_no or transfer.reverses or transfer.no
    return Movement(transfer.no, kind, transfer.amount_fen, use_no, transfer.reverses)


def _incoming(transfer: Transfer) -> Movement:
    use_no = transfer.first_credit_no or transfer.reverses or transfer.no
    if transfer.reverses is not None:
        return Movement(transfer.no, REVERSAL, transfer.amount_fen, use_no, transfer.reverses)
    if transfer.settlement_id is not None:
        return Movement(transfer.no, RETURN, transfer.amount_fen, use_no)
    return Movement(transfer.no, DEPOSIT, transfer.amount_fen, transfer.no, None, _earmark(transfer))


def _earmark(transfer: Transfer) -> str:
    """Whose money came in."""
    if transfer.credit_account.startswith(f"{_DUE}:"):
        return transfer.credit_account.split(":")[1]
    if transfer.kind == RECEIPT and transfer.receipt_source is not None:
        return transfer.receipt_source
    return _EARMARKS.get(transfer.kind, transfer.kind)
