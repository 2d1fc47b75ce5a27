"""What schemathesis has to know of NDJSON: a request is text, a reply is a list of its lines."""

import json
from typing import Any

import schemathesis

from tests.fuzz.hospital import addressed


@schemathesis.serializer("application/x-ndjson")
def as_lines(_context: Any, value: Any) -> bytes:
    """A generated body as it goes over the wire."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", errors="replace")


@schemathesis.deserializer("application/x-ndjson")
def from_lines(_context: Any, response: Any) -> list[Any]:
    """The lines of a reply, to be checked against the schema of a list."""
    return [json.loads(line) for line in response.content.splitlines() if line]


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """A message of the national interface speaks for the hospital whose token it carries."""
    if case.operation.label == "POST /nhsa" and isinstance(case.body, dict):
        case.body = addressed(case.body)
