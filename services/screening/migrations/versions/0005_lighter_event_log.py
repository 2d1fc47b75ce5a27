"""Less work for each event: payloads stay text, and half the entries of indexes.

Revision ID: 0005
"""

from shared.migrations import lighter_event_log_v2

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """The kit's second version of the event log."""
    lighter_event_log_v2()
