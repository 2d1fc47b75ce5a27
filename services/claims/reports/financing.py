"""What the ledger says of a year's financing: due and received, by source. Pure (DOMAIN S-15, S-16, S-20)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from services.claims.ledger.postings import INFLOW, SET_APART
from shared.money import Fen

PERSONAL = "personal"
_DUE, _BANK = "financing_due:", "bank:"


class Booked(NamedTuple):
    """Transfers of one kind between two accounts; a reversal has the kind of what it reverses."""

    kind: str
    debit_account: str
    credit_account: str
    amount_fen: Fen


class Raised(NamedTuple):
    """A year's financing; ``None`` where the ledger has no plan, or no receipt."""

    due: Mapping[str, Fen] | None
    received: Mapping[str, Fen] | None
    pooled: Fen | None

    def bases(self) -> dict[str, Fen | None]:
        """As bases of figures."""
        due = self.due
        return {
            "due": None if due is None else sum(due.values()),
            "due_personal": None if due is None else due.get(PERSONAL, 0),
            "due_subsidy": None if due is None else sum(due.values()) - due.get(PERSONAL, 0),
            "received": None if self.received is None else sum(self.received.values()),
            "pooled": self.pooled,
        }


def raised(transfers: Iterable[Booked]) -> Raised:
    """Sum the transfers up; what was reversed is gone.

    Due is what a plan booked into the fund, received what then came in at the bank; pooled is the due less
    the risk reserve and the outpatient accounts.
    """
    due: dict[str, Fen] = defaultdict(int)
    received: dict[str, Fen] = defaultdict(int)
    apart = 0
    for kind, debit, credit, amount in transfers:
        if kind == INFLOW:
            due[_source(debit, credit)] += amount if debit.startswith(_DUE) else -amount
        elif kind == SET_APART:
            apart += amount if debit.startswith("fund:") else -amount
        elif debit.startswith(_BANK) and credit.startswith(_DUE):
            received[_source(debit, credit)] += amount
        elif debit.startswith(_DUE) and credit.startswith(_BANK):
            received[_source(debit, credit)] -= amount
    planned = dict(due) if any(due.values()) else None
    return Raised(planned, dict(received) or None, sum(due.values()) - apart if planned else None)


def _source(*accounts: str) -> str:
    account = next(each for each in accounts if each.startswith(_DUE))
    return account.split(":")[1]
