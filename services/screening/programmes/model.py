"""What a programme is: rules as data, validated when the service starts."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.fields import Rate, Yuan

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Phrase = Annotated[str, Field(min_length=1, max_length=300)]
SourceRef = Annotated[str, Field(min_length=1, max_length=64)]


class _Rules(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Rules):
    """Where a rule comes from."""

    ref: SourceRef
    text: Phrase


class Eligibility(_Rules):
    """Membership of an insurance scheme in a run of years (DOMAIN S-60)."""

    source: SourceRef
    scheme: Literal["resident", "employee"]
    consecutive_years: Annotated[int, Field(ge=1, le=10)]


class Exclusion(_Rules):
    """A group that is served elsewhere, told by age or by what the cadre declares (DOMAIN S-64)."""

    code: Slug
    source: SourceRef
    below_age_years: Annotated[int | None, Field(ge=1, le=120)] = None
    declared: Slug | None = None
    route_zh: Phrase
    route_en: Phrase

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        if (self.below_age_years is None) == (self.declared is None):
            raise ValueError("an exclusion is told either by age or by a declaration")
        return self


class VoucherTerms(_Rules):
    """Face value of a voucher, and how many of consecutive years pay for one check-up (DOMAIN S-61)."""

    source: SourceRef
    face_fen: Annotated[Yuan, Field(alias="face_value", gt=0)]
    per_checkup: Annotated[int, Field(ge=1, le=10)]


class Item(_Rules):
    """One part of the check-up (DOMAIN S-63)."""

    code: Slug
    name_zh: Phrase
    name_en: Phrase
    optional: bool = False
    source: SourceRef


class Instalment(_Rules):
    """A share of half a year's cost and the day of that year by which it is due."""

    rate_bp: Annotated[Rate, Field(alias="rate")]
    due_month: Annotated[int, Field(ge=1, le=12)]
    due_day: Annotated[int, Field(ge=1, le=31)]


class Funding(_Rules):
    """What the city pays per member and year, in two instalments and a remainder (DOMAIN S-68)."""

    source: SourceRef
    per_head_fen: Annotated[Yuan, Field(alias="per_head")]
    first_half: Instalment
    second_half: Instalment


class Programme(_Rules):
    """One version of a programme, in force from a day until the next version."""

    code: Slug
    name_zh: Phrase
    name_en: Phrase
    valid_from: date
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    eligibility: Eligibility
    exclusions: tuple[Exclusion, ...]
    vouchers: VoucherTerms
    items: Annotated[tuple[Item, ...], Field(min_length=1)]
    funding: Funding

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for what, codes in (
            ("source", [source.ref for source in self.sources]),
            ("item", [item.code for item in self.items]),
            ("exclusion", [exclusion.code for exclusion in self.exclusions]),
        ):
            if len(set(codes)) != len(codes):
                raise ValueError(f"{what} codes repeat")
        unknown = set(self._cited()) - {source.ref for source in self.sources}
        if unknown:
            raise ValueError(f"rules cite unknown sources: {sorted(unknown)}")
        return self

    def _cited(self) -> Iterator[str]:
        yield from (self.eligibility.source, self.vouchers.source, self.funding.source)
        yield from (exclusion.source for exclusion in self.exclusions)
        yield from (item.source for item in self.items)
