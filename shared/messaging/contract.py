"""The base of every event contract in ``shared/events``."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class EventData(BaseModel):
    """What one type of event says. Adding an optional field is allowed; anything else is a new version.

    Fields that a reader does not know are ignored, so a newer producer does not break it.
    Payloads carry ids, codes, dates and amounts in fen; never names, ID, phone or bank numbers.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    TYPE: ClassVar[str]
