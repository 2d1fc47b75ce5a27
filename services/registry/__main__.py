"""Commands of the registry service: ``python -m services.registry api|migrate|…``."""

from pathlib import Path

from services.registry.main import create_app
from services.registry.settings import Settings
from services.registry.tables import metadata
from shared.cli import Service, command_line

SERVICE = Service(
    name="registry",
    settings=Settings,
    metadata=metadata,
    create_app=create_app,
    migrations=Path(__file__).parent / "migrations",
)

if __name__ == "__main__":
    command_line(SERVICE)()
