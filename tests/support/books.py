"""The shipped packs, read once in a process for all its tests. They cannot be changed."""

from functools import cache

from services.claims.benefits.policy import PolicyBook, PolicyVersion
from services.claims.policies.load import HERE, load_book


@cache
def shipped_book(pack: str) -> PolicyBook:
    """The versions of one shipped pack."""
    return load_book(pack)


def shipped_versions() -> list[PolicyVersion]:
    """The versions of all shipped packs."""
    packs = sorted({path.parent.name for path in HERE.glob("*/*.yaml")})
    return [version for pack in packs for version in shipped_book(pack).versions]
