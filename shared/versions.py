"""Optimistic concurrency: who replaces a thing names the version that was read (ETag, If-Match).

The same content again changes nothing and needs no If-Match, so that a PUT whose reply got lost can be sent
again as it was.
"""

from typing import Annotated

from fastapi import Depends, Header, Response

from shared.problems import Problem, ProblemSpec

VERSION_NEEDED = ProblemSpec(
    "request.version_needed",
    428,
    zh="已有内容，当前版本为 {etag}；修改前请先读取，并在 If-Match 请求头中给出读到的 ETag",
    en="It exists, its present version is {etag}; read it first and send its ETag as If-Match",
)
VERSION_STALE = ProblemSpec(
    "request.version_stale",
    412,
    zh="内容已被他人修改或尚不存在，当前版本为 {etag}；请重新读取后再改，新登记不带 If-Match",
    en="It was changed meanwhile or does not exist yet; its present version is {etag}; read it again first",
)
_POINTER = "/header/If-Match"


async def _version_read(
    if_match: Annotated[
        str | None,
        Header(alias="If-Match", pattern=r'^"[0-9]{1,18}"$', description="上次读到的 ETag；新登记不带"),
    ] = None,
) -> int | None:
    return int(if_match.strip('"')) if if_match else None


VersionRead = Annotated[int | None, Depends(_version_read)]
"""The version that the caller has read; ``None`` when the caller believes that there is none yet."""


def etag(version: int | None) -> str:
    """The ETag of a version; ``-`` stands for nothing there."""
    return "-" if version is None else f'"{version}"'


def show(response: Response, version: int) -> None:
    """Send a version as the reply's ETag."""
    response.headers["ETag"] = etag(version)


def check(present: int | None, read: int | None) -> None:
    """Refuse a change that is not based on the present version (428 without If-Match, 412 with another)."""
    if read == present:
        return
    spec = VERSION_NEEDED if read is None else VERSION_STALE
    raise Problem(spec, pointer=_POINTER, etag=etag(present))
