"""Commands of the screening service: ``python -m services.screening api|migrate|…``."""

from pathlib import Path

from services.screening.main import create_app
from services.screening.settings import Settings
from services.screening.tables import metadata
from shared.cli import Service, command_line

SERVICE = Service(
    name="screening",
    settings=Settings,
    metadata=metadata,
    create_app=create_app,
    migrations=Path(__file__).parent / "migrations",
)

if __name__ == "__main__":
    command_line(SERVICE)()
