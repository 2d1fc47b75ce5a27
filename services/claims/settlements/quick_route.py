"""The busiest route of all: single visits that are plainly right are settled without FastAPI's detours.

Resolving dependencies and validating the body cost more than settling. So a request whose headers, token and
body are plainly right goes to the counter at once; every other one takes the usual way, which tells what is
wrong with it. Both ways end at the same counter.
"""

from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Final

from fastapi import Request, Response

from services.claims.settlements.counter import Ask
from services.claims.settlements.desk import counter_of
from services.claims.settlements.quick_reading import quick
from services.claims.settlements.settle import Submission
from shared import trace
from shared.http import StrictRequest, StrictRoute, recognised
from shared.idempotency import is_key, keyed_request

SCOPE: Final = "claims:settle"
_AUTHORIZATION, _KEY, _TYPE = b"authorization", b"idempotency-key", b"content-type"
_NEEDED: Final = frozenset({_AUTHORIZATION, _KEY, _TYPE})
_BEARER: Final = "Bearer "


class QuickRoute(StrictRoute):
    """A strict route that tries the quick way first."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the usual handler."""
        usual = super().get_route_handler()

        async def quick_first(request: Request) -> Response:
            # Keeps the body that was read for whoever reads it next.
            request = StrictRequest(request.scope, request.receive)
            ask = await _ask(request)
            return await usual(request) if ask is None else await settle(request, ask)

        return quick_first


async def settle(request: Request, ask: Ask) -> Response:
    """The reply to one request, once it is committed."""
    answer = await counter_of(request.app).settle(ask)
    return answer.reply.response(hit=answer.hit)


async def _ask(request: Request) -> Ask | None:
    headers = _needed(request.scope["headers"])
    if headers is None or request.scope["query_string"] or headers[_TYPE] != "application/json":
        return None
    authorization, key = headers[_AUTHORIZATION], headers[_KEY]
    if not authorization.startswith(_BEARER) or not is_key(key):
        return None
    caller = await recognised(request, authorization.removeprefix(_BEARER), SCOPE)
    message = None if caller is None else quick(await request.body())
    if caller is None or message is None:
        return None
    return Ask(Submission(caller, message), await keyed_request(request, key), trace.current())


def _needed(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, str] | None:
    """The needed headers, ``None`` unless each is there once."""
    found: dict[bytes, str] = {}
    for name, value in headers:
        if name in _NEEDED:
            if name in found:
                return None
            found[name] = value.decode("latin-1")
    return found if len(found) == len(_NEEDED) else None
