"""Fill `.env.example` with fresh secrets: ``python3 -m deploy.new_env > deploy/.env`` (needs no packages)."""

import base64
import secrets
import sys
from pathlib import Path

EXAMPLE = Path(__file__).with_name(".env.example")
_PASSWORD, _KEY = "<password>", "<base64 of 32 random bytes>"


def fill(example: str) -> str:
    """The example with every placeholder replaced by a secret of its own."""
    return "".join(_fill_line(line) for line in example.splitlines(keepends=True))


def _fill_line(line: str) -> str:
    if line.startswith("#"):
        return line
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return line.replace(_PASSWORD, secrets.token_hex(24)).replace(_KEY, key)


if __name__ == "__main__":
    sys.stdout.write(fill(EXAMPLE.read_text(encoding="utf-8")))
