"""Rows of a certificate file: who was recognised as having which chronic disease, from when until when."""

import re
from datetime import date, timedelta
from typing import Final, NamedTuple

from services.registry.certificates.rules import Certificate
from services.registry.imports import row_problems
from services.registry.imports.named_rows import NamedRows
from shared.sensitivity import restricted_chronic
from shared.sheets.cells import parse_day, shown
from shared.sheets.table_files import NumberedRow

_CODE = re.compile(r"M[0-9]{5}")
_OPEN: Final = frozenset({"", "长期", "长期有效", "无", "-", "/"})
_LONGEST = 64


class CertificateRow(NamedTuple):
    """One certificate as the file states it. The person is named by number, identity number or both."""

    row: int
    person_no: str | None
    id_number: str | None
    certificate: Certificate


class CertificateRows(NamedRows):
    """Reads rows and notes their faults; ``restricted``: also diseases of the restricted class are taken."""

    def __init__(self, places: dict[str, int], *, as_of: date, restricted: bool) -> None:
        super().__init__("certificates", places, as_of=as_of)
        self._restricted = restricted

    def read(self, numbered: NumberedRow) -> CertificateRow | None:
        """The certificate of a row, or None when it has a fault."""
        if not self._begin(numbered):
            return None
        chronic_code, valid_from = self._chronic_code(), self._past_day("valid_from")
        valid_to = self._valid_to()
        if valid_from and valid_to and valid_to <= valid_from:
            self._fault("valid_to", row_problems.ENDS_BEFORE_BEGINNING)
        person_no, id_number = self._person()
        handbook_no, issued_by = self._short("handbook_no"), self._short("issued_by")
        if self._bad or chronic_code is None or valid_from is None:
            return None
        certificate = Certificate(chronic_code, valid_from, valid_to, handbook_no, issued_by)
        return CertificateRow(self._row, person_no, id_number, certificate)

    def _chronic_code(self) -> str | None:
        text = self._text("chronic_code").upper()
        if not _CODE.fullmatch(text):
            self._fault("chronic_code", row_problems.BAD_CHRONIC_CODE, value=shown(text))
        elif restricted_chronic(text) and not self._restricted:
            self._fault("chronic_code", row_problems.RESTRICTED_DISEASE)
        else:
            return text
        return None

    def _valid_to(self) -> date | None:
        """The day after the last one: files name the last day of the certificate (有效期至)."""
        text = self._text("valid_to")
        if text in _OPEN:
            return None
        last_day = parse_day(text)
        if last_day is None:
            self._fault("valid_to", row_problems.BAD_DATE, value=shown(text))
            return None
        return last_day + timedelta(days=1)

    def _short(self, field: str) -> str | None:
        text = self._text(field)
        if len(text) > _LONGEST:
            self._fault(field, row_problems.TEXT_TOO_LONG, limit=_LONGEST)
        return text or None
