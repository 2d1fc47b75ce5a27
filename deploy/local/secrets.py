"""Passwords and keys of one local system: made at its first start, kept in its run directory only."""

import base64
import json
import secrets as randomness
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from deploy.local.layout import SERVICES, RunDir
from deploy.private_files import write_private

ROLES = ("owner", "api", "worker")
_KEY_ID = "k1"


@dataclass(frozen=True)
class Secrets:
    """Every secret but the issuer's private key, which has a file of its own."""

    admin_password: str
    passwords: Mapping[str, Mapping[str, str]]
    index_key: str
    data_keys: Mapping[str, str]
    active_data_key: str


def load_or_create(run: RunDir) -> Secrets:
    """The secrets of this run directory; the same ones for as long as its data exist."""
    path = run.keys / "secrets.json"
    if path.exists():
        return Secrets(**json.loads(path.read_text(encoding="utf-8")))
    fresh = _generate()
    write_private(path, json.dumps(asdict(fresh), indent=2))
    return fresh


def _generate() -> Secrets:
    return Secrets(
        admin_password=randomness.token_urlsafe(24),
        passwords={service: {role: randomness.token_urlsafe(24) for role in ROLES} for service in SERVICES},
        index_key=_key(),
        data_keys={_KEY_ID: _key()},
        active_data_key=_KEY_ID,
    )


def _key() -> str:
    return base64.b64encode(randomness.token_bytes(32)).decode()
