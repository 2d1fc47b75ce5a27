"""The envelope of an event: CloudEvents 1.0, structured JSON, on Kafka and in the feed alike."""

import json
from datetime import UTC, datetime

# Not in the documentation of CPython, but what json.dumps(…, ensure_ascii=False) makes of a text.
from json.encoder import encode_basestring as quoted
from typing import Any, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from shared.messaging.contract import EventData

CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"

Data = TypeVar("Data", bound=EventData)
_Contract = type[Data]


class NotAnEnvelope(ValueError):
    """The bytes are not an event of ours."""


class Envelope(BaseModel):
    """One event with its place in the producer's log.

    ``position`` counts from 1 without gaps inside ``partition`` of ``source``. Attribute names of
    CloudEvents are lower-case letters and digits only, hence ``partitionkey``.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: str = Field(default="1.0", pattern=r"^1\.0$")
    id: UUID
    source: str = Field(min_length=1, max_length=64)
    type: str = Field(min_length=1, max_length=128)
    time: AwareDatetime
    datacontenttype: str = "application/json"
    partitionkey: str = Field(min_length=1, max_length=128)
    partition: int = Field(ge=0, lt=2**15)
    position: int = Field(ge=1, lt=2**63)
    division: str = Field(max_length=12)
    traceparent: str | None = None
    data: dict[str, Any]

    def read(self, contract: _Contract[Data]) -> Data:
        """The payload as its contract; raises pydantic's ValidationError if it does not keep it."""
        return contract.model_validate(self.data)

    def to_bytes(self) -> bytes:
        """The structured JSON form."""
        return encode(
            id=self.id,
            source=self.source,
            type=self.type,
            time=self.time,
            partition_key=self.partitionkey,
            partition=self.partition,
            position=self.position,
            division=self.division,
            traceparent=self.traceparent,
            data_json=json.dumps(self.data, ensure_ascii=False, separators=(",", ":")),
        ).encode()

    @classmethod
    def from_bytes(cls, body: bytes | bytearray) -> "Envelope":
        """Read the structured JSON form; raises NotAnEnvelope."""
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            raise NotAnEnvelope(error.errors(include_input=False, include_url=False)[0]["msg"]) from None


def encode(
    *,
    id: UUID,
    source: str,
    type: str,
    time: datetime,
    partition_key: str,
    partition: int,
    position: int,
    division: str,
    traceparent: str | None,
    data_json: str,
) -> str:
    """The structured JSON form, from a payload that is JSON text already (as the database returns it)."""
    trace = f'"traceparent":{quoted(traceparent)},' if traceparent else ""
    instant = time.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return (
        f'{{"specversion":"1.0","id":"{id}","source":{quoted(source)},"type":{quoted(type)},'
        f'"time":"{instant}","datacontenttype":"application/json",'
        f'"partitionkey":{quoted(partition_key)},"partition":{partition},'
        f'"position":{position},"division":{quoted(division)},{trace}"data":{data_json}}}'
    )
