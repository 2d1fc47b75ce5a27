"""The tables of the kit.

Revision ID: 0001
"""

from shared.migrations import create_kit_v1

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Create event log, relay, consumer, idempotency and audit tables."""
    create_kit_v1("claims")
