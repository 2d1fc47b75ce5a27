"""Two processes of the claims API for each core, as containers of it work behind a balancer.

Each has work while others wait for the database or for amounts that another one has locked.
"""

import os

from deploy.local import services
from deploy.local.ports import next_free
from deploy.local.readiness import wait_until_ready
from deploy.local.system import LocalSystem

COUNT = 2 * (os.cpu_count() or 1)
_READY_SECONDS = 60.0


def of_claims(system: LocalSystem) -> list[str]:
    """The addresses of the system's claims API and of others like it, which end with the system."""
    environment, ports = system.config.environment("claims"), list[int]()
    for number in range(2, COUNT + 1):
        ports.append(next_free(0, ports))
        started = {**environment, "KANGFU_PORT": str(ports[-1])}
        services.start(system.run, f"claims-api-{number}", started, ports[-1])
    others = {f"claims-api-{number}": f"http://127.0.0.1:{port}" for number, port in enumerate(ports, 2)}
    wait_until_ready(system.run, others, _READY_SECONDS)
    return [system.config.url("claims-api"), *others.values()]
