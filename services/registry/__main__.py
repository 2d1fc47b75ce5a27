"""Commands of the registry service: ``python -m services.registry api|migrate|…``."""

from pathlib import Path

from services.registry.main import create_app
from services.registry.settings import Settings, WorkerSettings
from shared.cli import Service, command_line

SERVICE = Service(
    name="registry",
    settings=Settings,
    worker_settings=WorkerSettings,
    create_app=create_app,
    migrations=Path(__file__).parent / "migrations",
)

if __name__ == "__main__":
    command_line(SERVICE)()
