"""Alembic's entry for the claims service."""

from services.claims.tables import metadata
from shared.migrations import run_env

run_env(metadata)
