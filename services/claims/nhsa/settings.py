"""Settings of the HIS interface, from the environment (prefix ``KANGFU_NHSA_``)."""

import base64
import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

_MIN_SECRET_BYTES = 16


class NhsaSettings(BaseSettings):
    """What a platform decides about its interface; the defaults ask for a sign-in and no signature."""

    model_config = SettingsConfigDict(env_prefix="KANGFU_NHSA_", extra="ignore")

    signature: Literal["off", "sm3"] = "off"
    """``sm3``: every message carries HMAC-SM3 in ``cainfo`` and is at most 300 s old."""
    secrets_file: Path | None = None
    """JSON object: institution code to base64 of its secret."""
    sign_in_required: bool = True
    sign_in_hours: Annotated[int, Field(ge=1, le=168)] = 24
    keep_days: Annotated[int, Field(ge=180, le=3_650)] = 400
    """How long a msgid is recognised and its reply kept; an older one is refused, never taken as new."""
    catalogue_file: Path | None = None
    """CSV of the county's charge catalogue; without it the levels come with the charge lines."""

    def secrets(self) -> dict[str, bytes]:
        """The institutions' secrets; a signature that is asked for without them refuses to start."""
        if self.secrets_file is None:
            if self.signature != "off":
                raise ValueError("KANGFU_NHSA_SIGNATURE needs KANGFU_NHSA_SECRETS_FILE")
            return {}
        texts: dict[str, str] = json.loads(self.secrets_file.read_text(encoding="utf-8"))
        secrets = {code: base64.b64decode(text, validate=True) for code, text in texts.items()}
        if any(len(secret) < _MIN_SECRET_BYTES for secret in secrets.values()):
            raise ValueError(f"a secret of the HIS interface needs {_MIN_SECRET_BYTES} bytes")
        return secrets
