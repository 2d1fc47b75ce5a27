"""Reads another service's feed: to close gaps, to catch up without Kafka, to learn how far it is."""

from dataclasses import dataclass
from pathlib import Path

import httpx
from pydantic import ValidationError

from shared.messaging.envelope import Envelope
from shared.messaging.feed_page import FeedReply, decode_positions, encode_positions
from shared.messaging.positions import Positions
from shared.problems import Problem

_SECONDS, _CONNECT_SECONDS = 10.0, 2.0


class FeedUnavailable(Exception):
    """The feed could not be read now; Kafka or a later try may help."""


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Events after the positions asked for, and how far the producer is."""

    envelopes: list[Envelope]
    reached: Positions
    heads: Positions


class FeedClient:
    """One connection pool to the feeds of all services."""

    def __init__(
        self, feeds: dict[str, str], token_file: Path | None, client: httpx.AsyncClient | None = None
    ) -> None:
        self._feeds = feeds
        self._token_file = token_file
        # No proxy from the environment: feeds are inside the network.
        self._client = client or httpx.AsyncClient(trust_env=False)

    async def fetch(self, source: str, after: Positions, limit: int, wait_seconds: int = 0) -> FeedPage:
        """One page; raises FeedUnavailable after bounded tries."""
        if source not in self._feeds:
            raise FeedUnavailable(f"no address of the feed of {source}")
        query = {"cursor": encode_positions(after), "limit": str(limit), "wait": str(wait_seconds)}
        for last in (False, True):
            try:
                reply = await self._client.get(
                    f"{self._feeds[source]}/v1/events",
                    params=query,
                    headers=self._headers(),
                    timeout=httpx.Timeout(_SECONDS + wait_seconds, connect=_CONNECT_SECONDS),
                )
                return _page(reply.raise_for_status().content)
            except httpx.TransportError as error:
                if last:
                    raise FeedUnavailable(repr(error)) from error
            except (httpx.HTTPStatusError, ValidationError, Problem, OSError) as error:
                raise FeedUnavailable(repr(error)[:300]) from error
        raise FeedUnavailable(source)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _headers(self) -> dict[str, str]:
        """The token is read every time: it is replaced in place before it expires."""
        if self._token_file is None:
            return {}
        return {"Authorization": f"Bearer {self._token_file.read_text().strip()}"}


def _page(body: bytes) -> FeedPage:
    reply = FeedReply.model_validate_json(body)
    return FeedPage(reply.items, decode_positions(reply.next_cursor), decode_positions(reply.heads))
