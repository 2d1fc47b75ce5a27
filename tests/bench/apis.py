"""Two processes of the claims API, as two containers of it work behind a balancer."""

from deploy.local import services
from deploy.local.ports import next_free
from deploy.local.readiness import wait_until_ready
from deploy.local.system import LocalSystem

COUNT = 2
_SECOND = "claims-api-2"
_READY_SECONDS = 60.0


def of_claims(system: LocalSystem) -> list[str]:
    """The addresses of the system's claims API and of a second one, which ends with the system."""
    port = next_free(0)
    services.start(
        system.run, _SECOND, {**system.config.environment("claims"), "KANGFU_PORT": str(port)}, port
    )
    second = f"http://127.0.0.1:{port}"
    wait_until_ready(system.run, {_SECOND: second}, _READY_SECONDS)
    return [system.config.url("claims-api"), second]
