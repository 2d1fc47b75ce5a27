"""Personal texts at rest: each is encrypted for its own row and column, so none can be moved elsewhere."""

from typing import Literal
from uuid import UUID

from shared.crypto import FieldCipher

Sealed = Literal["id_number", "name", "phone"]


def seal(cipher: FieldCipher, person_id: UUID, field: Sealed, text: str) -> bytes:
    """Encrypt one text of one person."""
    return cipher.encrypt(text, _context(person_id, field))


def unseal(cipher: FieldCipher, person_id: UUID, field: Sealed, stored: bytes) -> str:
    """Read one text of one person."""
    return cipher.decrypt(stored, _context(person_id, field))


def _context(person_id: UUID, field: Sealed) -> bytes:
    return b"people." + field.encode() + b":" + person_id.bytes
