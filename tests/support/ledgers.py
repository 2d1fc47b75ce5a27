"""Exported ledgers made from nothing: a county with providers, bills, reversals and other transfers."""

import random
from collections import defaultdict
from collections.abc import Callable
from typing import Any
from uuid import UUID

from services.claims.closing import chain

COUNTY = "990101"
_HOSPITALS = [f"H9901010000{no}" for no in range(1, 5)]
Record = dict[str, Any]


def made(draw: random.Random, closes: int = 6, bills: int = 12) -> list[Record]:
    """The records of a ledger that holds."""
    return chained([Close(no).filled(draw, bills) for no in range(1, closes + 1)])


class Close:
    """The transfers of one close, before they are chained."""

    def __init__(self, no: int) -> None:
        self.no = no
        self.transfers: list[Record] = []

    def filled(self, draw: random.Random, bills: int) -> "Close":
        """With bills, some of them reversed, and some transfers of other kinds."""
        for _ in range(bills):
            id_, hospital = str(UUID(int=draw.getrandbits(128))), draw.choice(_HOSPITALS)
            posted = [
                self._add(draw, "payer", "fund:basic:990101:2026", f"provider_due:{hospital}", hospital, id_),
                self._add(
                    draw, "person", "patients:990101:2026", f"provider_collected:{hospital}", hospital, id_
                ),
            ]
            if draw.random() < 0.3:
                for place in posted:
                    self.transfers.append({**self.transfers[place], "mirrors": place})
        self._add(draw, "inflow", "financing_due:city:990101:2026", "fund:basic:990101:2026", "", None)
        self._add(
            draw, "deduction", f"provider_due:{draw.choice(_HOSPITALS)}", "fund:basic:990101:2026", "", None
        )
        return self

    def _add(
        self, draw: random.Random, kind: str, debit: str, credit: str, hospital: str, id_: str | None
    ) -> int:
        self.transfers.append(
            {
                "record": "transfer",
                "no": 0,
                "booked_at": f"2026-11-{self.no:02d}T02:00:00.000000Z",
                "county_code": COUNTY,
                "year": 2026,
                "facility_code": hospital,
                "kind": kind,
                "debit_account": debit,
                "credit_account": credit,
                "amount_fen": draw.randint(1, 10**6),
                "settlement_id": id_,
                "reference": None if id_ else f"{kind}/{draw.getrandbits(32)}",
                "reverses": None,
            }
        )
        return len(self.transfers) - 1


def chained(closes: list[Close], lie: Callable[[list[Record]], None] = lambda stated: None) -> list[Record]:
    """The records of closes, numbered, stated and hashed; ``lie`` changes what is stated before that."""
    records: list[Record] = [{"record": "ledger", "format": 1, "county_code": COUNTY}]
    number, digest = 100, chain.genesis(COUNTY)
    due: dict[str, int] = defaultdict(int)
    for close in closes:
        previous = link = digest
        first = number + 1
        for transfer in close.transfers:
            number += 1
            place = transfer.pop("mirrors", None)
            if place is not None:
                original = close.transfers[place]
                debit, credit = original["credit_account"], original["debit_account"]
                transfer |= {"kind": "reversal", "debit_account": debit, "credit_account": credit}
                transfer |= {"reverses": original["no"], "reference": f"reversal/{original['settlement_id']}"}
            transfer["no"] = number
            link = chain.link(link, chain.line([transfer[name] for name in chain.TRANSFER]))
            transfer["link"] = link.hex()
        stated = statements(close.transfers, due)
        lie(stated)
        head: Record = {
            "county_code": COUNTY,
            "no": close.no,
            "business_date": f"2026-11-{close.no:02d}",
            "closed_at": f"2026-11-{close.no:02d}T09:00:00.000000Z",
            "closed_by": "finance",
            "transfers": len(close.transfers),
            "first_no": first,
            "last_no": number,
            "amount_fen": sum(transfer["amount_fen"] for transfer in close.transfers),
            **{name: sum(each[name] for each in stated) for name in chain.STATEMENT[1:6]},
            "previous_hash": previous.hex(),
            "last_link": link.hex(),
        }
        lines = [[each[name] for name in chain.STATEMENT] for each in stated]
        digest = chain.link(link, chain.close_text([head[name] for name in chain.CLOSE], lines))
        records += [*close.transfers, *stated, {"record": "close", **head, "hash": digest.hex()}]
    return records


def statements(transfers: list[Record], due: dict[str, int]) -> list[Record]:
    """What a close says to each provider; ``due`` is carried from close to close."""
    found: list[Record] = []
    for hospital in _HOSPITALS:
        account = f"provider_due:{hospital}"
        own = [each for each in transfers if each["facility_code"] == hospital and each["settlement_id"]]
        moved: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for each in transfers:
            for side, sign in (("credit_account", 1), ("debit_account", -1)):
                if each[side] == account:
                    moved[each["kind"]][0] += 1
                    moved[each["kind"]][1] += sign * each["amount_fen"]
        if not own and not moved:
            continue
        total = sum(each["amount_fen"] * (1 if each["reverses"] is None else -1) for each in own)
        before = due[hospital]
        due[hospital] += sum(fen for _, fen in moved.values())
        found.append(
            {
                "record": "statement",
                "facility_code": hospital,
                "settlements": len({each["settlement_id"] for each in own if each["reverses"] is None}),
                "reversals": len({each["settlement_id"] for each in own if each["reverses"] is not None}),
                "charged_fen": total,
                "booked_fen": total,
                "stated_fen": total,
                "due_before_fen": before,
                "due_after_fen": due[hospital],
                "movements": [[kind, *moved[kind]] for kind in sorted(moved)],
            }
        )
    return found
