"""Check the migrations on a real PostgreSQL: one head per service, and the schema that the code expects.

``python -m deploy.check_migrations`` starts a database of its own and exits with 1 if something is wrong.
"""

import os
import subprocess
import sys
import tempfile

from alembic.script import ScriptDirectory

from deploy.local.layout import SERVICES
from deploy.local.system import ANY_PORTS, LocalSystem, start
from shared.cli import alembic_config


def main() -> int:
    """Migrate three empty databases and compare each with its service's tables."""
    faults = [fault for service in SERVICES if (fault := heads(service))]
    with (
        tempfile.TemporaryDirectory() as directory,
        start(directory, parts=("database",), ports=ANY_PORTS, migrate=True) as system,
    ):
        faults += [fault for service in SERVICES if (fault := differences(system, service))]
    for fault in faults:
        print(fault)
    print("migrations: " + ("in order" if not faults else f"{len(faults)} fault(s)"))
    return 1 if faults else 0


def heads(service: str) -> str:
    """What is wrong with the order of a service's migrations, if anything."""
    found = ScriptDirectory.from_config(alembic_config(service)).get_heads()
    return "" if len(found) == 1 else f"{service}: the migrations end in {len(found)} heads"


def differences(system: LocalSystem, service: str) -> str:
    """How the migrated schema differs from the tables in the code, if at all."""
    command = [sys.executable, "-m", f"services.{service}", "check-migrations"]
    environment = {**os.environ, **system.config.environment(service)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    return "" if done.returncode == 0 else f"{service}: {done.stdout}{done.stderr}"


if __name__ == "__main__":
    sys.exit(main())
