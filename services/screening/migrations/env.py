"""Alembic's entry for the screening service."""

from services.screening.tables import metadata
from shared.migrations import run_env

run_env(metadata)
