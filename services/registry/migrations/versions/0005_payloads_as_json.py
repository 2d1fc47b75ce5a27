"""Payloads of events are kept as the text that was appended.

Revision ID: 0005
"""

from shared.migrations import payloads_as_json_v2

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """The kit's second version of the event log."""
    payloads_as_json_v2()
