"""An API as a process of its own, for documents whose commands are run with curl."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from deploy.local.ports import next_free
from tests.support.platform import Platform


@contextmanager
def served(platform: Platform, service: str) -> Iterator[str]:
    """The address of a service's API, which ends with the block."""
    port = next_free(0)
    environment = {**platform.system.config.environment(service), "KANGFU_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", f"services.{service}", "api"],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(address: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{address}/readyz", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")
