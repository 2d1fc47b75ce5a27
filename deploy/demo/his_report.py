"""What the hospitals saw: settled, replayed, refused and why, and whether every reply was balanced."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deploy.demo.his_client import Outcome
from shared.money import Fen, format_yuan, parse_yuan

_CREATED = 201
_LISTED = 20


@dataclass
class Refusals:
    """Refusals with one code: how many, for which mistakes, and the Chinese text of the first."""

    status: int
    detail: str
    count: int = 0
    mistakes: Counter[str] = field(default_factory=Counter)


@dataclass
class Report:
    """Counts outcomes as they arrive. ``wrong`` lists whatever must not happen."""

    sent: int = 0
    settled: int = 0
    replayed: int = 0
    referrals: int = 0
    refused: dict[str, Refusals] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    total_fen: Fen = 0
    seconds_each: list[float] = field(default_factory=list)
    richest: tuple[int, Fen, str] = (0, 0, "")
    richest_bill: bytes = b""
    began: datetime | None = None
    """When this run began, by the clock of the hospitals."""

    def add(self, outcome: Outcome) -> None:
        """Count one answer; an accepted mistake or a refused visit is wrong."""
        # A replay after a lost reply is this message's own settlement; on the first try it is an older one.
        older = outcome.attempts == 1 or self._settled_before(outcome)
        self._count(outcome, replayed=outcome.replayed and older)

    def _settled_before(self, outcome: Outcome) -> bool:
        """Whether the settlement in a reply is older than this run."""
        settled_at = outcome.reply.get("settled_at")
        return bool(settled_at and self.began and datetime.fromisoformat(settled_at) < self.began)

    def _count(self, outcome: Outcome, *, replayed: bool) -> None:
        self.sent += 1
        if outcome.status == _CREATED:
            self._settled(outcome, replayed=replayed)
        elif outcome.status == 0:
            self._wrong(outcome, "no final answer")
        else:
            self._refused(outcome)

    def add_referral(self, outcome: Outcome) -> None:
        """Count a filed referral; one that was not taken is wrong."""
        if outcome.status == _CREATED:
            self.referrals += 1
        else:
            self._wrong(outcome, f"not filed: {outcome.status} {outcome.code}: {outcome.detail}")

    def add_repeat(self, first: Outcome, again: Outcome) -> None:
        """The second of two equal messages: exactly one is the replay and both replies are equal."""
        self._count(again, replayed=again.status == _CREATED)
        if first.raw != again.raw or first.status != again.status:
            self._wrong(again, "the repeated message got another reply")
        elif not (first.replayed or again.replayed):
            self._wrong(again, "the repeated message was not recognised")

    def _settled(self, outcome: Outcome, *, replayed: bool) -> None:
        if outcome.message.mistake:
            self._wrong(outcome, f"accepted although {outcome.message.mistake}")
            return
        total = self._balanced_total(outcome)
        if replayed:
            self.replayed += 1
            return
        self.settled += 1
        self.total_fen += total
        self.seconds_each.append(outcome.seconds)

    def _balanced_total(self, outcome: Outcome) -> Fen:
        """Check Σ payers + person_pays = total = what the hospital sent; keep the most instructive bill."""
        reply = outcome.reply
        payers = [parse_yuan(payer["amount"]) for payer in reply["payers"]]
        total = parse_yuan(reply["total"])
        if sum(payers) + parse_yuan(reply["person_pays"]) != total or reply["total"] != outcome.message.total:
            self._wrong(outcome, "payers and person do not make the total")
        paying = sum(1 for amount in payers if amount)
        if (paying, total, str(reply["id"])) > self.richest:
            self.richest = (paying, total, str(reply["id"]))
            self.richest_bill = outcome.message.body
        return total

    def _refused(self, outcome: Outcome) -> None:
        if not outcome.message.mistake:
            self._wrong(outcome, f"refused with {outcome.status} {outcome.code}: {outcome.detail}")
            return
        if outcome.status >= 500:
            self._wrong(outcome, f"server error {outcome.status} for {outcome.message.mistake}")
        group = self.refused.setdefault(outcome.code, Refusals(outcome.status, outcome.detail))
        group.count += 1
        group.mistakes[outcome.message.mistake] += 1

    def _wrong(self, outcome: Outcome, what: str) -> None:
        self.wrong.append(f"{outcome.message.key}: {what}")

    def summary(self, seed: int, seconds: float, retries: Counter[str]) -> dict[str, Any]:
        """The report as the demonstration reads it (JSON)."""
        return {
            "seed": seed,
            "sent": self.sent,
            "settled": self.settled,
            "replayed": self.replayed,
            "referrals": self.referrals,
            "refused": {
                code: {
                    "status": group.status,
                    "count": group.count,
                    "detail": group.detail,
                    "mistakes": dict(group.mistakes),
                }
                for code, group in sorted(self.refused.items())
            },
            "wrong_count": len(self.wrong),
            "wrong": self.wrong[:_LISTED],
            "retries": dict(retries),
            "total": format_yuan(self.total_fen),
            "statement_id": self.richest[2],
            "statement_charges": _charges(self.richest_bill),
            "seconds": round(seconds, 2),
            "per_second": round(self.sent / seconds, 1) if seconds else 0,
            "milliseconds": {"p50": self._percentile(50), "p95": self._percentile(95)},
        }

    def _percentile(self, percent: int) -> float:
        if not self.seconds_each:
            return 0.0
        ordered = sorted(self.seconds_each)
        return round(1000 * ordered[min(len(ordered) - 1, len(ordered) * percent // 100)], 1)


def _charges(body: bytes) -> dict[str, dict[str, Any]]:
    """Lines and amount of each charge category of a bill, as the hospital sent it."""
    found: dict[str, list[Fen]] = {}
    for charge in json.loads(body)["charges"] if body else ():
        found.setdefault(charge["category"], []).append(parse_yuan(charge["amount"]))
    return {
        category: {"lines": len(amounts), "amount": format_yuan(sum(amounts))}
        for category, amounts in found.items()
    }
