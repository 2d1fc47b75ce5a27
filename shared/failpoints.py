"""Points at which the fault suite makes a process fail. Without KANGFU_FAILPOINTS nothing happens.

``KANGFU_FAILPOINTS="relay.after_send=kill@3,consumer.before_commit=raise"``: the third time the relay
comes past ``relay.after_send`` its process kills itself; the consumer raises at the first commit.
"""

import os
import signal
from dataclasses import dataclass


class FailpointReached(Exception):
    """Raised by a failpoint whose action is ``raise``."""


@dataclass(slots=True)
class _Failpoint:
    action: str
    hits_left: int


def _parse(text: str) -> dict[str, _Failpoint]:
    points = {}
    for item in filter(None, text.split(",")):
        name, _, action = item.partition("=")
        action, _, hit = action.partition("@")
        points[name.strip()] = _Failpoint(action, int(hit or 1))
    return points


_points = _parse(os.environ.get("KANGFU_FAILPOINTS", ""))


def arm(text: str) -> None:
    """Replace all failpoints of this process (for tests inside one process)."""
    global _points
    _points = _parse(text)


def reach(name: str) -> None:
    """Pass a named point; fail there if the environment says so."""
    point = _points.get(name)
    if point is None:
        return
    point.hits_left -= 1
    if point.hits_left != 0:
        return
    if point.action == "raise":
        raise FailpointReached(name)
    os.kill(os.getpid(), signal.SIGSTOP if point.action == "stop" else signal.SIGKILL)
