"""The tokens of the embedded mode, checked with the JWKS that the services read."""

import json
from datetime import timedelta
from typing import Any

import jwt
import pytest

from deploy import tokens

KEY = tokens.new_private_key()


def claims_of(token: str, private_key: str = KEY) -> dict[str, Any]:
    keys = jwt.PyJWKSet.from_dict(json.loads(tokens.jwks(private_key)))
    key = keys[jwt.get_unverified_header(token)["kid"]]
    verified: dict[str, Any] = jwt.decode(
        token, key, algorithms=["EdDSA"], audience=tokens.AUDIENCE, issuer=tokens.ISSUER
    )
    return verified


def test_a_token_says_who_may_do_what_where() -> None:
    claims = claims_of(tokens.mint(KEY, "his-1", ["claims:settle", "claims:read"], ["99"], "H99010100001"))
    assert (claims["sub"], claims["scope"], claims["jurisdiction"], claims["facility"]) == (
        "his-1",
        "claims:settle claims:read",
        ["99"],
        "H99010100001",
    )


def test_a_token_without_a_facility_does_not_mention_one() -> None:
    assert "facility" not in claims_of(tokens.mint(KEY, "x", ["admin"], [""]))


def test_a_token_lives_as_long_as_it_was_given() -> None:
    claims = claims_of(tokens.mint(KEY, "x", [], [], ttl=timedelta(hours=2)))
    assert claims["exp"] - claims["iat"] == 7200


def test_an_expired_token_is_refused() -> None:
    with pytest.raises(jwt.ExpiredSignatureError):
        claims_of(tokens.mint(KEY, "x", [], [], ttl=timedelta(seconds=-1)))


def test_a_token_of_another_key_is_unknown() -> None:
    with pytest.raises(KeyError):
        claims_of(tokens.mint(tokens.new_private_key(), "x", [], []))


def test_every_hospital_of_the_sample_county_has_a_token_for_itself_only() -> None:
    assert len(tokens.SAMPLE_FACILITIES) == len(set(tokens.SAMPLE_FACILITIES)) == 24
    for code in tokens.SAMPLE_FACILITIES:
        claims = claims_of(tokens.mint_role(KEY, f"hospital:{code}"))
        assert claims["facility"] == code
        assert "claims:settle" in claims["scope"].split()


@pytest.mark.parametrize("what", ["funds", "policies"])
def test_nobody_may_both_prepare_and_approve_except_the_administrator(what: str) -> None:
    both = {f"{what}:prepare", f"{what}:approve"}
    assert [role for role, grant in tokens.ROLES.items() if both <= set(grant.scopes)] == ["admin"]
