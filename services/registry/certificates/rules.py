"""How a statement about a certificate changes what was believed before. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID


class Certificate(NamedTuple):
    """A certified disease. ``valid_to`` is exclusive; None while it lasts."""

    chronic_code: str
    valid_from: date
    valid_to: date | None
    handbook_no: str | None
    issued_by: str | None

    def overlaps(self, other: "Certificate") -> bool:
        """Whether both certify the same disease for a day."""
        return (
            self.chronic_code == other.chronic_code
            and (other.valid_to is None or self.valid_from < other.valid_to)
            and (self.valid_to is None or other.valid_from < self.valid_to)
        )


class Believed(NamedTuple):
    """A certificate that is believed now."""

    id: UUID
    certificate: Certificate


class Change(NamedTuple):
    """Certificates that are no longer believed, and those believed instead."""

    superseded: list[UUID]
    added: list[Certificate]


def stated(believed: Iterable[Believed], certificate: Certificate) -> Change:
    """From its first day on a certificate takes the place of those it overlaps; what was before stays.

    So a renewal takes nothing from the years before it. One that is believed already changes nothing.
    """
    overlapped = [each for each in believed if each.certificate.overlaps(certificate)]
    if [each.certificate for each in overlapped] == [certificate]:
        return Change([], [])
    earlier = [
        old._replace(valid_to=certificate.valid_from)
        for _, old in overlapped
        if old.valid_from < certificate.valid_from
    ]
    return Change([each.id for each in overlapped], [*earlier, certificate])


def ended(believed: Sequence[Believed], ended_on: date) -> Change:
    """Nothing is certified from a day on; what ended before it is history and stays."""
    change = Change([], [])
    for id_, certificate in believed:
        if certificate.valid_to is not None and certificate.valid_to <= ended_on:
            continue
        change.superseded.append(id_)
        if certificate.valid_from < ended_on:
            change.added.append(certificate._replace(valid_to=ended_on))
    return change
