"""Refusals of the ledger."""

from shared.problems import ProblemSpec

ONE_OF_TWO = ProblemSpec(
    "claims.transfers_of_what",
    422,
    zh="settlement_id 与 reference 应给出且只给出一个",
    en="Give either settlement_id or reference, and not both",
)
