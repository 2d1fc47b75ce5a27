"""Replies of the programme endpoints."""

from datetime import date

from services.screening.programmes.model import Programme
from shared.fields import Reply, YuanOut


class ItemReply(Reply):
    """One part of the check-up."""

    code: str
    name_zh: str
    name_en: str
    optional: bool


class SourceReply(Reply):
    """Where a rule comes from."""

    ref: str
    text: str


class ProgrammeReply(Reply):
    """A programme as it is in force from ``valid_from`` on."""

    code: str
    name_zh: str
    name_en: str
    valid_from: date
    scheme: str
    consecutive_years: int
    face_value: YuanOut
    vouchers_per_checkup: int
    items: list[ItemReply]
    sources: list[SourceReply]


def programme_reply(programme: Programme) -> ProgrammeReply:
    """The reply for one version of a programme."""
    return ProgrammeReply(
        code=programme.code,
        name_zh=programme.name_zh,
        name_en=programme.name_en,
        valid_from=programme.valid_from,
        scheme=programme.eligibility.scheme,
        consecutive_years=programme.eligibility.consecutive_years,
        face_value=programme.vouchers.face_fen,
        vouchers_per_checkup=programme.vouchers.per_checkup,
        items=[ItemReply.model_validate(item.model_dump(exclude={"source"})) for item in programme.items],
        sources=[SourceReply.model_validate(source.model_dump()) for source in programme.sources],
    )
