"""Commands of the screening service: ``python -m services.screening api|migrate|…``."""

from pathlib import Path

from services.screening.main import create_app
from services.screening.settings import Settings, WorkerSettings
from shared.cli import Service, command_line

SERVICE = Service(
    name="screening",
    settings=Settings,
    worker_settings=WorkerSettings,
    create_app=create_app,
    migrations=Path(__file__).parent / "migrations",
)

if __name__ == "__main__":
    command_line(SERVICE)()
