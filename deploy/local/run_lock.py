"""Only one command at a time changes a run directory."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.local.layout import LocalSystemError, RunDir


class BusyError(LocalSystemError):
    """Another command is at work in the same run directory."""

    exit_code = 75  # EX_TEMPFAIL of sysexits.h


@contextmanager
def locked(run: RunDir, seconds: float = 60) -> Iterator[None]:
    """Hold the run directory's lock; the kernel frees it whatever happens to the holder."""
    deadline = time.monotonic() + seconds
    with (run.root / "lock").open("w", encoding="utf-8") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise BusyError(
                        f"Another command has been at work in {run.root} for {seconds:.0f} s."
                    ) from error
                time.sleep(0.1)
        yield
