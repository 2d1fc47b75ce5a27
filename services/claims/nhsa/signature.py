"""The signature of a message: HMAC-SM3 over the text as it was sent, with an empty ``cainfo``.

Signing the bytes instead of a canonical form leaves nothing to be understood differently: whoever sends
writes the message with ``"cainfo":""``, signs that text, and puts 64 hexadecimal digits between the quotes.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hmac

from services.claims.nhsa.envelope import Envelope
from services.claims.nhsa.problems import BAD_SIGNATURE, NO_SIGNATURE, STALE_MESSAGE
from shared.problems import Problem

WINDOW_SECONDS: Final = 300
SIGNTYPE: Final = "SM3"
# Only the name of a field can stand so: inside a text its quotes would be escaped.
_CAINFO = re.compile(rb'("cainfo"\s*:\s*")([0-9A-Fa-f]{64})(")')


def sign(unsigned: bytes, secret: bytes) -> str:
    """The signature of a message whose ``cainfo`` is empty."""
    keyed = hmac.HMAC(secret, hashes.SM3())
    keyed.update(unsigned)
    return keyed.finalize().hex()


def check(raw: bytes, envelope: Envelope, secrets: Mapping[str, bytes], now: datetime) -> None:
    """Raises the Problem of a message that is not signed, wrongly signed, or older than the window."""
    found = _CAINFO.findall(raw)
    if envelope.signtype != SIGNTYPE or len(found) != 1:
        raise Problem(NO_SIGNATURE, pointer="/cainfo")
    secret = secrets.get(envelope.fixmedins_code)
    if secret is None:
        raise Problem(BAD_SIGNATURE, pointer="/cainfo")
    keyed = hmac.HMAC(secret, hashes.SM3())
    keyed.update(_CAINFO.sub(rb"\1\3", raw))
    try:
        # The comparison takes the same time wherever the signatures differ.
        keyed.verify(bytes.fromhex(found[0][1].decode()))
    except InvalidSignature:
        raise Problem(BAD_SIGNATURE, pointer="/cainfo") from None
    if abs((now - envelope.inf_time).total_seconds()) > WINDOW_SECONDS:
        raise Problem(STALE_MESSAGE, pointer="/inf_time", seconds=WINDOW_SECONDS)
