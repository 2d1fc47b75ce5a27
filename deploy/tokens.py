"""The issuer of the embedded mode: key pair, JWKS, one token per role. Production has its own issuer."""

import base64
import hashlib
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

ISSUER = "https://id.kangfu.invalid"
AUDIENCE = "kangfu"
DEFAULT_TTL = timedelta(days=30)

EVERYWHERE = ("",)
SAMPLE_PROVINCE = ("99",)
SAMPLE_COUNTY = ("990101",)
SAMPLE_FACILITIES = (
    *(f"H9901010000{n}" for n in range(1, 4)),  # county hospitals
    *(f"H99010100{n}" for n in range(101, 117)),  # township hospitals
    *(f"H99010100{n}" for n in range(201, 204)),  # village clinics
    "H99010000001",  # city hospital
    "H99000000001",  # provincial hospital
)


@dataclass(frozen=True)
class Grant:
    """What a token allows: scopes, division prefixes ("" is everything) and, for a provider, its code."""

    scopes: tuple[str, ...]
    jurisdiction: tuple[str, ...]
    facility: str | None = None


def _grant(scopes: str, jurisdiction: tuple[str, ...], facility: str | None = None) -> Grant:
    return Grant(tuple(scopes.split()), jurisdiction, facility)


_ALL_SCOPES = (
    "registry:read registry:write registry:pii claims:read claims:write claims:settle claims:review"
    " policies:prepare policies:approve funds:prepare funds:approve funds:export screening:read"
    " screening:write events:read restricted:read admin"
)

ROLES: Mapping[str, Grant] = {
    "registry_officer": _grant("registry:read registry:write", SAMPLE_COUNTY),
    "registry_pii": _grant("registry:read registry:write registry:pii", SAMPLE_COUNTY),
    "registry_restricted": _grant("registry:read restricted:read", SAMPLE_COUNTY),
    "province": _grant("registry:read claims:read screening:read events:read", SAMPLE_PROVINCE),
    "agency": _grant("claims:read claims:review claims:write policies:prepare", SAMPLE_COUNTY),
    "agency_approver": _grant("claims:read claims:review policies:approve", SAMPLE_COUNTY),
    "finance": _grant("funds:prepare funds:export claims:read", SAMPLE_COUNTY),
    "finance_approver": _grant("funds:approve claims:read", SAMPLE_COUNTY),
    "township": _grant("screening:write screening:read", SAMPLE_COUNTY),
    "system": _grant("events:read", EVERYWHERE),
    "admin": _grant(_ALL_SCOPES, EVERYWHERE),
    **{
        f"hospital:{code}": _grant("claims:settle claims:read", SAMPLE_PROVINCE, code)
        for code in SAMPLE_FACILITIES
    },
}


def new_private_key() -> str:
    """A fresh Ed25519 private key as PEM."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def jwks(private_key_pem: str) -> str:
    """The JWKS document (RFC 7517) that lets anyone verify this key's tokens."""
    return json.dumps({"keys": [_public_jwk(_load(private_key_pem).public_key())]}, indent=2)


def mint(
    private_key_pem: str,
    subject: str,
    scopes: Iterable[str],
    jurisdiction: Sequence[str],
    facility: str | None = None,
    ttl: timedelta = DEFAULT_TTL,
) -> str:
    """A bearer token (JWT, EdDSA) valid from now for `ttl`."""
    now = int(time.time())
    claims: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": subject,
        "iat": now,
        "exp": now + int(ttl.total_seconds()),
        "scope": " ".join(scopes),
        "jurisdiction": list(jurisdiction),
    }
    if facility is not None:
        claims["facility"] = facility
    key = _load(private_key_pem)
    return jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": _public_jwk(key.public_key())["kid"]})


def mint_role(private_key_pem: str, role: str, ttl: timedelta = DEFAULT_TTL) -> str:
    """A token of one of the sample county's roles; KeyError if there is no such role."""
    grant = ROLES[role]
    return mint(private_key_pem, role, grant.scopes, grant.jurisdiction, grant.facility, ttl)


def _load(private_key_pem: str) -> Ed25519PrivateKey:
    key = load_pem_private_key(private_key_pem.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("The issuer's key must be an Ed25519 private key.")
    return key


def _public_jwk(key: Ed25519PublicKey) -> dict[str, str]:
    members = {"crv": "Ed25519", "kty": "OKP", "x": _b64(key.public_bytes(Encoding.Raw, PublicFormat.Raw))}
    # RFC 7638: the thumbprint is over exactly the required members, sorted, without spaces.
    thumbprint = hashlib.sha256(json.dumps(members, separators=(",", ":"), sort_keys=True).encode()).digest()
    return {**members, "kid": _b64(thumbprint), "alg": "EdDSA", "use": "sig"}


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
