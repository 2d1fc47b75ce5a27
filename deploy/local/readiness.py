"""Waiting for the services' own word that they can work."""

import time
import urllib.error
import urllib.request
from collections.abc import Mapping

from deploy.local import processes
from deploy.local.layout import LocalSystemError, RunDir

# Loopback only: a proxy from the environment has no business here.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def is_ready(base_url: str, seconds: float = 2) -> bool:
    """True if /readyz answers 200 within the time."""
    try:
        with _opener.open(f"{base_url}/readyz", timeout=seconds) as reply:
            return bool(reply.status == 200)
    except (OSError, urllib.error.HTTPError):
        return False


def wait_until_ready(run: RunDir, urls: Mapping[str, str], seconds: float) -> None:
    """Wait for every part; one that ends meanwhile fails at once, with the end of its log."""
    deadline = time.monotonic() + seconds
    waiting = dict(urls)
    while waiting:
        for part in [part for part, url in waiting.items() if is_ready(url)]:
            del waiting[part]
        for part in waiting:
            if processes.find(run, part) is None:
                raise LocalSystemError(f"{part} ended while starting.\n{processes.log_tail(run, part)}")
            if time.monotonic() > deadline:
                raise LocalSystemError(
                    f"{part} was not ready within {seconds:.0f} s.\n{processes.log_tail(run, part)}"
                )
        if waiting:
            time.sleep(0.1)
