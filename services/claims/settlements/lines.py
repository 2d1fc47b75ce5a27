"""The lines of a bill as they are stored with their settlement."""

from collections.abc import Sequence
from typing import Final

import msgspec

from services.claims.benefits.facts import Charge
from services.claims.settlements.words import DRUGS, HERBAL

_BILL: Final = msgspec.json.Decoder(list[Charge])


def stored(charges: Sequence[Charge]) -> tuple[str, int, int]:
    """The lines as JSON, each an array in the order of ``Charge``; fen of drugs, fen of herbal ones of these.

    The sums are there for the reports, which would otherwise take every bill apart again.
    """
    medicine_fen = herbal_fen = 0
    for charge in charges:
        if charge.category in DRUGS:
            medicine_fen += charge.amount_fen
            if charge.category == HERBAL:
                herbal_fen += charge.amount_fen
    return msgspec.json.encode(charges).decode(), medicine_fen, herbal_fen


def read(bill: str) -> list[Charge]:
    """The lines of a bill as it is stored."""
    return _BILL.decode(bill)
