"""Requests and replies of check-up places."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.fields import Body, CodeText, Reply

PlaceKind = Literal["own", "nearby", "paired"]


class PlaceBody(Body):
    """A facility that examines the people of a township."""

    facility_code: CodeText
    kind: PlaceKind


class PlacesOrder(Body):
    """The facilities of a township: its own hospital, or a nearby or paired institution (DOMAIN S-65)."""

    places: Annotated[list[PlaceBody], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        codes = [place.facility_code for place in self.places]
        if len(set(codes)) != len(codes):
            raise ValueError("a facility is named twice")
        return self


class PlaceReply(Reply):
    """A facility that examines the people of a township."""

    facility_code: str
    kind: PlaceKind


class PlacesReply(Reply):
    """Where the people of a township are examined."""

    programme: str
    township_code: str
    version: int
    places: list[PlaceReply]
