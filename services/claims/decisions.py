"""What somebody says when deciding on what another person has prepared."""

from typing import Annotated

from pydantic import Field

from shared.fields import Body

Reason = Annotated[str, Field(min_length=1, max_length=500)]


class DecisionRequest(Body):
    """A remark for the file."""

    note: Reason | None = None


class RejectionRequest(Body):
    """Why it is sent back."""

    reason: Reason
