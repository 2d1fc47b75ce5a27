"""The explanation of one set of figures: of a settlement, of one of its revisions, of what is proposed."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from services.claims.benefits.explain import sentences_of, step_sentences
from services.claims.benefits.left_out import LeftOut, left_out_as_dict
from services.claims.benefits.steps import row_as_dict
from services.claims.settlements import reading_repository
from services.claims.settlements.repository import Connection
from services.claims.settlements.schemas import ExplanationReply, LayerLeftOut, PolicyRef, SourcedStep
from shared.money import BasisPoints, Fen

REVERSED: Final = "本次结算已撤销：各方支付和个人负担均为零，个人已付部分由医疗机构退还。"


async def explain(
    connection: Connection,
    *,
    settlement_id: UUID,
    revision: int,
    policy: PolicyRef,
    total_fen: Fen,
    person_pays_fen: Fen,
    personal_share_bp: BasisPoints,
    steps: Sequence[Any],
    left_out: Sequence[LeftOut] = (),
    remarks: Sequence[str] = (),
) -> ExplanationReply:
    """Every amount with rule, source, base and arithmetic, from stored short steps.

    ``remarks`` come first: how the visit was looked at before anything was calculated.
    """
    complete = await complete_steps(connection, steps)
    sentences = sentences_of(complete, person_pays_fen, personal_share_bp) if complete else [REVERSED]
    return ExplanationReply(
        settlement_id=settlement_id,
        revision=revision,
        policy=policy,
        total=total_fen,
        person_pays=person_pays_fen,
        steps=[_sourced(step) for step in complete],
        # What was settled always has steps, the division of the bill at least.
        sentences=[*remarks, *sentences],
        left_out=[LayerLeftOut.model_validate(left_out_as_dict(each)) for each in left_out],
    )


async def complete_steps(connection: Connection, steps: Sequence[Any]) -> list[dict[str, Any]]:
    """Stored short steps in complete form."""
    bases = await reading_repository.bases(connection, [step[0] for step in steps])
    return [row_as_dict(step, bases[step[0]]) for step in steps]


def _sourced(step: dict[str, Any]) -> SourcedStep:
    return SourcedStep(
        layer=step["layer"],
        payer=step["payer"],
        title=step["title"],
        amount=step["amount_fen"],
        sentences=step_sentences(step),
        detail=step,
    )
