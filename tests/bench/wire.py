"""A small HTTP/1.1 client on asyncio streams: the load must not cost more than what it measures."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Call:
    """One request to be sent."""

    path: str
    body: bytes
    headers: Mapping[str, str]
    method: str = "POST"


@dataclass
class Outcome:
    """What a load found: seconds of each call, and how many answers of each status."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0

    def percentile_ms(self, percent: int) -> float:
        """The latency below which this percentage of the calls stayed."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


class Connection:
    """One keep-alive connection; one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self._reader = reader
        self._writer = writer
        self._host = host

    async def send(self, call: Call) -> tuple[int, bytes]:
        """Send one request and read its whole answer."""
        headers = {**call.headers, "Host": self._host, "Content-Length": str(len(call.body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._writer.write(f"{call.method} {call.path} HTTP/1.1\r\n{head}\r\n".encode() + call.body)
        status_line, *lines = (await self._reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        length = next(int(line[15:]) for line in lines if line.lower().startswith(b"content-length:"))
        return int(status_line.split()[1]), await self._reader.readexactly(length)


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[Connection]:
    """A connection to the host of a base URL."""
    address = urlsplit(base_url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=64 * 1024 * 1024)
    try:
        yield Connection(reader, writer, address.netloc)
    finally:
        writer.close()


async def run(
    base_urls: Sequence[str], calls: Sequence[Call], clients: int, per_second: float | None = None
) -> Outcome:
    """Send all calls over a number of connections, as fast as they go or at a fixed rate.

    The connections are dealt out over the addresses, as a balancer would.
    """
    outcome, began = Outcome(), time.perf_counter()
    waiting = iter(enumerate(calls))

    async def client(base_url: str) -> None:
        async with connect(base_url) as connection:
            for number, call in waiting:
                if per_second:
                    # An open schedule: a slow answer does not put off the next request's due time.
                    await asyncio.sleep(max(0.0, began + number / per_second - time.perf_counter()))
                started = time.perf_counter()
                status, _ = await connection.send(call)
                outcome.latencies.append(time.perf_counter() - started)
                outcome.statuses[status] = outcome.statuses.get(status, 0) + 1

    await asyncio.gather(*(client(base_urls[number % len(base_urls)]) for number in range(clients)))
    outcome.seconds = time.perf_counter() - began
    return outcome
