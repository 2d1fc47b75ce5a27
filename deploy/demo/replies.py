"""What the demonstration reads from the services' replies; fields it does not need are left out."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from shared.money import parse_rate, parse_yuan

Amount = Annotated[int, BeforeValidator(parse_yuan)]
"""A decimal string of yuan, held in fen."""

Share = Annotated[int, BeforeValidator(parse_rate)]
"""A decimal string between 0 and 1, held in basis points."""


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class PayerAmount(_Read):
    """What one payer pays."""

    payer: str
    amount: Amount


class Reason(_Read):
    """A code and what it means, in Chinese."""

    code: str
    text: str


class Settlement(_Read):
    """One settled bill."""

    id: str
    settled_at: datetime
    facility_code: str
    visit_no: str
    visit_type: str
    patient: str
    admitted_on: date
    discharged_on: date
    place: str
    referral: str
    categories: list[str]
    total: Amount
    non_covered: Amount
    over_limit: Amount
    upfront_copay: Amount
    eligible: Amount
    payers: list[PayerAmount]
    person_pays: Amount
    personal_share: Share
    chronic_reason: Reason | None = None


class Policy(_Read):
    """The policy version that decided."""

    pack: str
    version: str


class Step(_Read):
    """One amount with everything it was worked out from."""

    layer: str
    payer: str | None
    title: str
    amount: Amount
    sentences: list[str]
    detail: dict[str, Any]


class Explanation(_Read):
    """Why every payer pays what it pays."""

    policy: Policy
    total: Amount
    person_pays: Amount
    steps: list[Step]
    sentences: list[str]


class Ratio(_Read):
    """A share of one amount in another."""

    numerator_fen: int
    denominator_fen: int
    rate: Share


class MonthLine(_Read):
    """One visit type and group of a month, or all of it."""

    visit_type: str
    group: str
    person_times: int
    total: Amount
    payers: list[PayerAmount]
    person_pays: Amount
    personal_share: Ratio


class CeilingLine(_Read):
    """Visits under one ceiling of the personal share."""

    ceiling: Share
    person_times: int
    above_ceiling: int
    personal_share: Ratio


class MonthTable(_Read):
    """One month of a county by day of discharge."""

    month: str
    lines: list[MonthLine]
    total: MonthLine
    ceilings: list[CeilingLine]


class FigureDefinition(_Read):
    """What a figure of the standard table is."""

    id: str
    title: str
    unit_title: str


class Figure(_Read):
    """One number of the standard table, with what it is a share of."""

    id: str
    value: str | None
    numerator: str | None
    denominator: str | None
    denominator_name: str | None
    denominator_year: int | None
    reason_title: str | None
    rows: str | None


class StandardLine(_Read):
    """One line of the standard table for one group and period."""

    line: str
    title: str
    group: str
    group_title: str
    period: str
    figures: list[Figure]


class StandardTable(_Read):
    """The standard table of the scheme: fund, lines, and people by category."""

    definitions_version: str
    definitions: dict[str, list[FigureDefinition]]
    fund: list[Figure]
    lines: list[StandardLine]
    categories: list[StandardLine] = []


class Account(_Read):
    """One account of the ledger; the balance is debits less credits."""

    account: str
    debits: Amount
    credits: Amount
    balance: Amount


class TrialBalance(_Read):
    """All accounts; both totals are equal."""

    accounts: list[Account]
    debits: Amount
    credits: Amount


class Count(_Read):
    """A rate with its two counts."""

    numerator: int
    denominator: int
    rate: Share


class Coverage(_Read):
    """How far the vouchers of a year have come."""

    year: int
    eligible: int
    printed: int
    issued: Count
    redeemed: Count


class Instalment(_Read):
    """One payment of the city's money."""

    name: str
    cost: Amount | None
    rate: Share | None
    amount: Amount
    due_by: date | None


class Funding(_Read):
    """What the city owes for a year of vouchers."""

    year: int
    enrolled: int
    per_head: Amount
    due: Amount
    payments: list[Instalment]


class RowProblem(_Read):
    """A fault of a row of an import file."""

    row: int
    column: str
    severity: str
    code: str
    detail: str


class ImportReply(_Read):
    """What an import did."""

    rows: int
    accepted: int
    rejected: int
    warnings: int
    created: int
    changed: int
    unchanged: int
    problems: list[RowProblem]


class PlanReply(_Read):
    """A stored financing plan."""

    enrolled: int
    due: dict[str, Amount]
    total: Amount
    reserve: Amount
    usable: Amount
    outpatient_account: Amount
    pooled: Amount


class Refusals(_Read):
    """Refusals with one code, as the hospitals saw them."""

    status: int
    count: int
    detail: str
    mistakes: dict[str, int]


class StatementCharge(_Read):
    """The lines of one charge category of the chosen bill."""

    lines: int
    amount: Amount


class HisSummary(_Read):
    """What the HIS simulator writes when it is through."""

    sent: int
    settled: int
    replayed: int
    refused: dict[str, Refusals]
    wrong_count: int
    wrong: list[str]
    retries: dict[str, int]
    total: Amount
    statement_id: str
    statement_charges: dict[str, StatementCharge]
    seconds: float
    per_second: float
    milliseconds: dict[str, float]


class Burden(_Read):
    """What a person or household has paid in the year."""

    person_id: str | None
    household_id: str | None
    own_payment: Amount
    thresholds: list[str]


class RelapseStep(_Read):
    """What was done to a claim against the relapse insurance."""

    action: str
    state: str
    at: datetime
    by: str


class RelapseClaim(_Read):
    """One claim against the relapse insurance."""

    id: str
    household_id: str
    payee_id: str
    state: str
    own_payment_on_record: Amount
    verified_own_cost: Amount | None
    already_paid: Amount
    payout: Amount | None
    posted_on: date | None
    payable_from: date | None
    sentences: list[str]
    transfer: str | None
    steps: list[RelapseStep]


class TierLine(_Read):
    """What one tier of the relapse insurance adds."""

    above: Amount
    up_to: Amount
    rate: Share
    amount: Amount


class RelapsePreview(_Read):
    """What the relapse insurance gives on an own payment."""

    class_title: str
    own_payment: Amount
    deductible: Amount
    tiers: list[TierLine]
    due: Amount


class RelapseNotice(_Read):
    """The public notice in the village."""

    title: str
    name: str
    text: str


class PayerDifference(_Read):
    """One payer before and after a re-adjudication."""

    payer: str
    before: Amount
    after: Amount


class ReadjudicationLine(_Read):
    """One settlement before and after."""

    facility_code: str
    visit_no: str
    discharged_on: date
    categories_before: list[str]
    categories_after: list[str]
    payers: list[PayerDifference]
    person_before: Amount
    person_after: Amount


class Readjudication(_Read):
    """A person's year worked out anew."""

    id: str
    person_id: str
    state: str
    proposed_by: str
    decided_by: str | None
    lines: list[ReadjudicationLine]
