"""One-shot job: the databases and roles of all three services (``python -m deploy.bootstrap``).

Reads KANGFU_ADMIN_DATABASE_URL and, for every service and role, KANGFU_<SERVICE>_<ROLE>_PASSWORD.
"""

import asyncio
import os
import sys

from shared.bootstrap import ROLES, bootstrap

SERVICES = ("registry", "claims", "screening")


async def bootstrap_all() -> None:
    """Bootstrap one service after the other; KeyError names a setting that is missing."""
    admin = os.environ["KANGFU_ADMIN_DATABASE_URL"]
    for service in SERVICES:
        passwords = {role: os.environ[f"KANGFU_{service}_{role}_PASSWORD".upper()] for role in ROLES}
        await bootstrap(admin, service, passwords)
        sys.stdout.write(f"database {service} ready\n")


if __name__ == "__main__":
    asyncio.run(bootstrap_all())
