"""Alembic's entry for the registry service."""

from services.registry.tables import metadata
from shared.migrations import run_env

run_env(metadata)
