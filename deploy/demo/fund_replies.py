"""What the demonstration reads from the replies about funds; fields it does not need are left out."""

from pydantic import BaseModel, ConfigDict

from deploy.demo.replies import Amount


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class SourceLine(_Read):
    """What one source owes a fund, and what has arrived."""

    source: str
    due: Amount | None
    received: Amount
    arrears: Amount | None


class Left(_Read):
    """What is left of money set apart."""

    left: Amount


class Held(_Read):
    """What open visits will probably cost."""

    amount: Amount


class Ratio(_Read):
    """The two numbers of a rate."""

    numerator_fen: int
    denominator_fen: int


class Fund(_Read):
    """How one fund stands."""

    payer: str
    sources: list[SourceLine]
    due: Amount | None
    received: Amount
    arrears: Amount | None
    risk_reserve: Left | None
    outpatient_account: Left | None
    pooled: Amount
    commitments: Held
    payouts: Amount
    balance: Amount
    utilisation: Ratio


class Funds(_Read):
    """How a county's funds stand."""

    funds: list[Fund]
    bank: Amount


class EarmarkLine(_Read):
    """One earmark of a fund."""

    earmark: str
    deposited: Amount
    settlements: Amount
    set_apart: Amount
    other: Amount
    left: Amount


class Earmarks(_Read):
    """A fund by earmark."""

    rule: str | None
    earmarks: list[EarmarkLine]


class SourcePart(_Read):
    """A part of what a fund paid for a bill, and whose money it was."""

    amount: Amount
    earmark: str


class PayerSources(_Read):
    """What one fund paid for a bill."""

    payer: str
    amount: Amount
    attributed: bool
    parts: list[SourcePart]


class SettlementSources(_Read):
    """Whose money paid for a bill."""

    payers: list[PayerSources]
