"""What the interface keeps of people: encrypted, bound to the row that it belongs to."""

import base64
import json
import zlib
from typing import NamedTuple

from shared.crypto import FieldCipher


class Known(NamedTuple):
    """What a hospital itself has told about a patient; empty where it has not."""

    certno: str
    name: str = ""
    naty: str = ""


class Vault:
    """Seals texts and replies with the service's data keys (AES-256-GCM, ``shared.crypto``)."""

    def __init__(self, cipher: FieldCipher) -> None:
        self._cipher = cipher

    def seal_known(self, known: Known, row: str) -> bytes:
        """A patient's data for one row."""
        return self._cipher.encrypt(json.dumps(known, ensure_ascii=False), row.encode())

    def known(self, sealed: bytes, row: str) -> Known:
        """A patient's data again."""
        return Known(*json.loads(self._cipher.decrypt(sealed, row.encode())))

    def seal_reply(self, reply: bytes, msgid: str) -> bytes:
        """A reply for its row: it may name the patient."""
        packed = base64.b64encode(zlib.compress(reply, 1)).decode()
        return self._cipher.encrypt(packed, f"nhsa_messages/reply/{msgid}".encode())

    def reply(self, sealed: bytes, msgid: str) -> bytes:
        """The very same reply again."""
        packed = self._cipher.decrypt(sealed, f"nhsa_messages/reply/{msgid}".encode())
        return zlib.decompress(base64.b64decode(packed))
