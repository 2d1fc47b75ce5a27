"""Who is calling: OAuth2 bearer tokens (JWT) checked against the issuer's published keys."""

import asyncio
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jwt

ALGORITHMS = ["EdDSA", "RS256"]
LEEWAY_SECONDS = 60
_REFRESH_SECONDS = 30
_REMEMBERED_TOKENS = 2048


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller. ``jurisdiction`` holds division prefixes; the empty one means everywhere."""

    subject: str
    scopes: frozenset[str]
    jurisdiction: tuple[str, ...]
    facility: str | None

    def may(self, scope: str) -> bool:
        """Whether the caller's token carries a scope."""
        return scope in self.scopes

    def governs(self, division_code: str) -> bool:
        """Whether a division lies inside the caller's jurisdiction."""
        return division_code.startswith(self.jurisdiction)


class BadToken(Exception):
    """A token that is not accepted, with a reason that is safe to show."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class Authenticator:
    """Checks signature, issuer, audience and expiry; remembers tokens it has checked until they expire."""

    def __init__(self, jwks: str, issuer: str, audience: str) -> None:
        self._source = jwks
        self._issuer = issuer
        self._audience = audience
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_at = -float(_REFRESH_SECONDS)
        self._known: dict[str, tuple[float, Caller]] = {}

    async def authenticate(self, token: str) -> Caller:
        """The caller behind a token, or BadToken."""
        known = self._known.get(token)
        if known and time.time() < known[0]:
            return known[1]
        claims = self._claims(token, await self._key(token))
        caller = _caller(claims)
        if len(self._known) >= _REMEMBERED_TOKENS:
            self._known.clear()
        self._known[token] = (float(claims["exp"]), caller)
        return caller

    async def _key(self, token: str) -> jwt.PyJWK:
        try:
            key_id = str(jwt.get_unverified_header(token).get("kid", ""))
        except jwt.InvalidTokenError as error:
            raise BadToken("格式不正确", "not a JWT") from error
        if key_id not in self._keys and time.monotonic() - self._read_at >= _REFRESH_SECONDS:
            self._keys = await self._read_keys()
            self._read_at = time.monotonic()
        if key_id not in self._keys:
            raise BadToken("签名密钥未知", "unknown signing key")
        return self._keys[key_id]

    async def _read_keys(self) -> dict[str, jwt.PyJWK]:
        if self._source.startswith(("http://", "https://")):
            async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
                document = (await client.get(self._source)).raise_for_status().json()
        else:
            document = json.loads(await asyncio.to_thread(Path(self._source).read_text))
        return {key["kid"]: jwt.PyJWK(key) for key in document["keys"]}

    def _claims(self, token: str, key: jwt.PyJWK) -> dict[str, Any]:
        try:
            # The algorithm is the key's own, never the one that the token names.
            return jwt.decode(
                token,
                key,
                algorithms=[name for name in ALGORITHMS if name == key.algorithm_name],
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "sub", "iss", "aud"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise BadToken("令牌已过期", "the token has expired") from error
        except jwt.InvalidTokenError as error:
            raise BadToken("令牌未通过校验", "the token was not accepted") from error


def _caller(claims: dict[str, Any]) -> Caller:
    jurisdiction = claims.get("jurisdiction", [])
    facility = claims.get("facility")
    if not _all_text(jurisdiction) or not (facility is None or isinstance(facility, str)):
        raise BadToken("令牌内容不完整", "the token's jurisdiction or facility is malformed")
    return Caller(
        subject=str(claims["sub"]),
        scopes=frozenset(str(claims.get("scope", "")).split()),
        jurisdiction=tuple(jurisdiction),
        facility=facility,
    )


def _all_text(values: object) -> bool:
    if not isinstance(values, Iterable) or isinstance(values, str):
        return False
    return all(isinstance(value, str) and (value == "" or value.isdigit()) for value in values)
