"""The base of every event contract in ``shared/events``."""

from typing import ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict


class EventData(BaseModel):
    """What one type of event says. Adding an optional field is allowed; anything else is a new version.

    Fields that a reader does not know are ignored, so a newer producer does not break it.
    Payloads carry ids, codes, dates and amounts in fen; never names, ID, phone or bank numbers.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    TYPE: ClassVar[str]


class Written(NamedTuple):
    """What an event of a hot path says, as the JSON text that its contract would write.

    Making a model and having it written costs seven times as much. Who does without has a test that holds the
    text to the contract.
    """

    TYPE: str
    text: str

    def model_dump_json(self) -> str:
        """The text, as a contract gives it."""
        return self.text
