"""The body of an upload: YAML text, or JSON of the same structure."""

import asyncio
from typing import Annotated, Final

from fastapi import Depends, Request

from services.claims.packs.parse import Parsed, parse_json, parse_yaml
from services.claims.packs.reading import MAX_BYTES
from shared.problems import TOO_LARGE, UNSUPPORTED_MEDIA, Problem

YAML_TYPES: Final = ("application/yaml", "application/x-yaml", "text/yaml")
JSON_TYPE: Final = "application/json"


async def _upload(request: Request) -> Parsed:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in (*YAML_TYPES, JSON_TYPE):
        raise Problem(UNSUPPORTED_MEDIA, expected=f"{YAML_TYPES[0]}, {JSON_TYPE}")
    announced = request.headers.get("content-length", "0")
    too_large = Problem(TOO_LARGE, limit=MAX_BYTES)
    if not announced.isdigit() or int(announced) > MAX_BYTES:
        raise too_large
    body = await request.body()
    if len(body) > MAX_BYTES:
        raise too_large
    # Compiling takes a while; other requests go on meanwhile.
    return await asyncio.to_thread(parse_json if media_type == JSON_TYPE else parse_yaml, body)


UploadDep = Annotated[Parsed, Depends(_upload)]
