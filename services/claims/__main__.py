"""Commands of the claims service: ``python -m services.claims api|migrate|…``."""

from pathlib import Path

from services.claims.main import create_app
from services.claims.settings import Settings, WorkerSettings
from shared.cli import Service, command_line

SERVICE = Service(
    name="claims",
    settings=Settings,
    worker_settings=WorkerSettings,
    create_app=create_app,
    migrations=Path(__file__).parent / "migrations",
)

if __name__ == "__main__":
    command_line(SERVICE)()
