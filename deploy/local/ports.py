"""Choice of ports: the wanted one, or the next one that is free."""

import socket
from collections.abc import Iterable, Mapping

from deploy.local.layout import LocalSystemError

_TRIES = 200


def is_free(port: int) -> bool:
    """True if a server could listen on this port of the loopback interface now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def next_free(wanted: int, taken: Iterable[int] = ()) -> int:
    """The wanted port or the first free one after it; 0 means any port that is free."""
    if wanted == 0:
        return _any_free(set(taken))
    for port in range(wanted, min(wanted + _TRIES, 65536)):
        if port not in set(taken) and is_free(port):
            return port
    raise LocalSystemError(f"No free port between {wanted} and {wanted + _TRIES - 1}.")


def choose(wanted: Mapping[str, int], in_use: Mapping[str, int]) -> dict[str, int]:
    """A port for every part; parts that run already keep theirs (`in_use`), no port is given twice."""
    chosen = dict(in_use)
    for part, port in wanted.items():
        if part not in chosen:
            chosen[part] = next_free(port, chosen.values())
    return chosen


def _any_free(taken: set[int]) -> int:
    for _ in range(_TRIES):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port not in taken:
            return port
    raise LocalSystemError("The system has no free port left.")
