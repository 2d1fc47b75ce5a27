"""What a transfer of the ledger means for the funds it touches. Pure.

Deposits are money that has arrived (到位), not money that is due: a bank reference and a day stand behind
each, so a cent can be followed to the piece of paper with which it came. What a financing plan or an
insurance policy books as due into a fund is a claim on a source and moves no deposit; what the source then
pays does.
"""

from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

from services.claims.funds.allocation import DEPOSIT, RETURN, REVERSAL, USE, Movement
from services.claims.funds.postings import RECEIPT, RESERVE_USE, RISK_ADVANCE
from services.claims.ledger.postings import BASIC_INSURANCE
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
    first_debit_no: int | None
    """The first transfer of the same settlement that touches the account debited here."""
    first_credit_no: int | None
    receipt_source: str | None = None
    receipt_payer: str | None = None
    """The fund for which a receipt, or the one reversed here, arrived."""


def touched(transfer: Transfer) -> list[tuple[FundKey, Movement]]:
    """The movements of funds that a transfer is: none, one, or one each where a fund pays another."""
    claim = transfer.debit_account if transfer.reverses is None else transfer.credit_account
    if claim.startswith(f"{_DUE}:"):
        return []
    found = []
    payer = transfer.receipt_payer or BASIC_INSURANCE
    debited, credited = _fund(transfer.debit_account, payer), _fund(transfer.credit_account, payer)
    if debited == credited:
        # What a fund pays to itself, such as premiums that it sponsors, goes nowhere.
        return []
    if debited is not None:
        found.append((debited, _outgoing(transfer)))
    if credited is not None:
        found.append((credited, _incoming(transfer)))
    return found


@lru_cache(maxsize=1 << 12)
def _fund(account: str, payer: str) -> FundKey | None:
    """The fund that an account belongs to; what settles a due is money of the payer's fund."""
    kind, _, rest = account.partition(":")
    if kind not in (_FUND, _DUE):
        return None
    name, county_code, year = rest.split(":")
    return FundKey(county_code, int(year), name if kind == _FUND else payer)


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
