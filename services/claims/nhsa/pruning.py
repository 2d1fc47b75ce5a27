"""The job that lets go of messages whose time is over; see ``NhsaSettings.keep_days``.

A message is kept as long as its id is recognised, and a day longer: whoever asks under an older id is
refused, so it cannot be taken for new. Of a message that settled the id stays with its settlement, without
its reply.
"""

from datetime import timedelta
from typing import Final

from services.claims.nhsa import repository
from services.claims.nhsa.settings import NhsaSettings
from shared.clock import Clock
from shared.db import Sessions, raw

EVERY_SECONDS: Final = 600
PIECE: Final = 2_000
MAX_PIECES: Final = 100
"""Pieces a turn: 200,000 messages every ten minutes are more than any province sends."""
_MARGIN = timedelta(days=1)


async def prune(sessions: Sessions, clock: Clock) -> None:
    """Let go of what is over, piece by piece, each in a transaction of its own."""
    now = clock.now()
    before = now - timedelta(days=NhsaSettings().keep_days) - _MARGIN
    async with sessions.begin() as session:
        await repository.prune_sign_ins(await raw(session), now - _MARGIN)
    for _ in range(MAX_PIECES):
        async with sessions.begin() as session:
            found = await repository.prune(await raw(session), before, PIECE)
        if found < PIECE:
            return
