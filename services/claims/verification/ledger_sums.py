"""The books of an exported ledger, added up again record by record."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

_DUE: Final = "provider_due:"
_PROVIDER: Final = "provider_"


class Wrong(Exception):
    """What is wrong with a record; ``record`` names it where it is not the one at hand."""

    def __init__(self, reason: str, record: str = "") -> None:
        super().__init__(reason)
        self.record = record


class _Part:
    """What the transfers of one close come to for one provider."""

    def __init__(self) -> None:
        self.settled: set[str] = set()
        self.reversed: set[str] = set()
        self.booked_fen = 0
        self.moved: dict[str, list[int]] = defaultdict(lambda: [0, 0])


class Books:
    """Adds up transfers, and says whether statements and closes say the same."""

    def __init__(self) -> None:
        self._accounts: dict[str, str] = {}
        self._known: dict[int, tuple[str, str, int]] = {}
        self._reversed: set[int] = set()
        self._due: dict[str, int] = {}
        self.next()

    def next(self) -> None:
        """Begin the next close."""
        self._parts: dict[str, _Part] = defaultdict(_Part)
        self._first: int | None = None
        self._last: int | None = None
        self._transfers = 0
        self._amount_fen = 0

    def open(self) -> bool:
        """Whether transfers were added that no close has taken in."""
        return self._transfers > 0

    def add(self, transfer: Mapping[str, Any]) -> None:
        """Take in a transfer: one debit, one credit, above zero, in order, a reversal once and mirrored."""
        no, amount = transfer["no"], transfer["amount_fen"]
        # The same few account names in every record: kept once.
        debit = self._accounts.setdefault(transfer["debit_account"], transfer["debit_account"])
        credit = self._accounts.setdefault(transfer["credit_account"], transfer["credit_account"])
        if no in self._known:
            raise Wrong("its number has been used before")
        if self._last is not None and no <= self._last:
            raise Wrong("is not in the order of numbers")
        if amount <= 0 or debit == credit:
            raise Wrong("has no amount above zero between two accounts")
        if transfer["reverses"] is not None:
            self._check_reversal(transfer["reverses"], debit, credit, amount)
        self._known[no] = (debit, credit, amount)
        self._first = no if self._first is None else self._first
        self._last = no
        self._transfers += 1
        self._amount_fen += amount
        self._add_up(transfer, debit, credit, amount)

    def _check_reversal(self, original: int, debit: str, credit: str, amount: int) -> None:
        if self._known.get(original) != (credit, debit, amount):
            raise Wrong(f"does not mirror transfer {original}")
        if original in self._reversed:
            raise Wrong(f"reverses transfer {original} a second time")
        self._reversed.add(original)

    def _add_up(self, transfer: Mapping[str, Any], debit: str, credit: str, amount: int) -> None:
        for account, fen in ((debit, -amount), (credit, amount)):
            if account.startswith(_DUE):
                moved = self._parts[account.removeprefix(_DUE)].moved[transfer["kind"]]
                moved[0] += 1
                moved[1] += fen
        settlement = transfer["settlement_id"]
        if settlement is None:
            return
        part = self._parts[transfer["facility_code"]]
        part.booked_fen += amount * (credit.startswith(_PROVIDER) - debit.startswith(_PROVIDER))
        if transfer["reference"] is None:
            part.settled.add(settlement)
        if transfer["kind"] == "reversal":
            part.reversed.add(settlement)

    def check_statement(self, stated: Mapping[str, Any]) -> None:
        """A provider statement against the transfers of its close and the statement before."""
        name = f"statement of {stated['facility_code']}"
        part = self._parts.get(stated["facility_code"])
        if part is None:
            raise Wrong("states a provider that nothing was booked for", name)
        if not stated["charged_fen"] == stated["booked_fen"] == stated["stated_fen"]:
            raise Wrong("charges, ledger and statement differ", name)
        if stated["booked_fen"] != part.booked_fen:
            raise Wrong(f"states {stated['booked_fen']} fen, the transfers come to {part.booked_fen}", name)
        if (stated["settlements"], stated["reversals"]) != (len(part.settled), len(part.reversed)):
            raise Wrong("does not count its settlements and reversals rightly", name)
        if stated["movements"] != [[kind, *part.moved[kind]] for kind in sorted(part.moved)]:
            raise Wrong("its movements are not those of the transfers", name)
        if stated["due_before_fen"] != self._due.get(stated["facility_code"], 0):
            raise Wrong("does not begin where the statement before ended", name)
        due = stated["due_before_fen"] + sum(fen for _, fen in part.moved.values())
        if stated["due_after_fen"] != due:
            raise Wrong(f"ends with {stated['due_after_fen']} fen instead of {due}", name)
        self._due[stated["facility_code"]] = due

    def check_close(self, close: Mapping[str, Any], statements: Sequence[Mapping[str, Any]]) -> None:
        """A close against its transfers and its statements."""
        if {statement["facility_code"] for statement in statements} != self._parts.keys():
            raise Wrong("the statement of a provider is missing")
        counted = (self._transfers, self._first, self._last, self._amount_fen)
        if (close["transfers"], close["first_no"], close["last_no"], close["amount_fen"]) != counted:
            raise Wrong("does not count and add up its transfers rightly")
        for name in ("settlements", "reversals", "charged_fen", "booked_fen", "stated_fen"):
            if close[name] != sum(statement[name] for statement in statements):
                raise Wrong(f"{name} is not the sum of its statements")
