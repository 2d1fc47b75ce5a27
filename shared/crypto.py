"""Personal data at rest: AES-256-GCM per field, and a keyed blind index to find a person again."""

import hashlib
import hmac
import os
from collections.abc import Mapping

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
_KEY_BYTES = 32


class BlindIndex:
    """HMAC-SHA256 of a normalised value under a key kept outside the database.

    Every service holds the same key, so a hospital's message can be matched to a person without any of
    them storing the number in clear.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < _KEY_BYTES:
            raise ValueError("the index key needs 32 bytes")
        self._keyed = hmac.new(key, digestmod=hashlib.sha256)

    def of(self, value: str) -> bytes:
        """The 32-byte index of a value that the caller has normalised."""
        digest = self._keyed.copy()
        digest.update(value.encode())
        return digest.digest()


class FieldCipher:
    """AES-256-GCM with rotatable keys. A stored value is: key id length, key id, nonce, ciphertext."""

    def __init__(self, keys: Mapping[str, bytes], active: str) -> None:
        if active not in keys:
            raise ValueError("the active data key is not in the key ring")
        self._ciphers = {name: AESGCM(key) for name, key in keys.items()}
        self._active = active
        self._header = bytes([len(active)]) + active.encode()

    def encrypt(self, text: str, context: bytes) -> bytes:
        """Encrypt under the active key; ``context`` (table, column, row) must be given again to read it."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._active].encrypt(nonce, text.encode(), context)
        return self._header + nonce + sealed

    def decrypt(self, stored: bytes, context: bytes) -> str:
        """Read a stored value under whichever key it was written with."""
        end_of_name = 1 + stored[0]
        name = stored[1:end_of_name].decode()
        nonce = stored[end_of_name : end_of_name + _NONCE_BYTES]
        return self._ciphers[name].decrypt(nonce, stored[end_of_name + _NONCE_BYTES :], context).decode()
