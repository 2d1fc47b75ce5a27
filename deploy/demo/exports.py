"""The county as a set of import files, the way its offices hand them over."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from deploy.demo import untidy
from deploy.demo.bad_rows import bad_rows
from deploy.demo.columns import (
    CERTIFICATES,
    ENROLMENTS,
    PEOPLE,
    certificate_rows,
    enrolment_rows,
    people_rows,
)
from deploy.demo.handbooks import handbooks
from deploy.demo.model import YEAR, County, Household
from deploy.demo.writers import write_csv, write_xlsx

_TITLE = f"全国防止返贫监测信息系统 {YEAR}年人员信息导出（样例县）"
_XLSX_TOWNSHIPS, _UTF8_TOWNSHIPS = 10, 15
"""Townships 1-10 arrive as XLSX, 11-15 as UTF-8 CSV with BOM, 16-20 as GB18030 CSV."""


class ImportFile(NamedTuple):
    """One file to send to ``POST /v1/imports/persons`` with ``kind`` and ``format`` as written here."""

    path: Path
    kind: str
    format: str
    rows: int


def _of_townships(county: County, first: int, last: int) -> tuple[Household, ...]:
    codes = {township.code for township in county.townships[first:last]}
    return tuple(each for each in county.households if each.village.township_code in codes)


def write_people(county: County, folder: Path) -> list[ImportFile]:
    """The people of the county in three files, one per spelling of the same table."""
    spelling = untidy.choose(county.seed, county.households)

    def rows(first: int, last: int) -> Sequence[tuple[str, ...]]:
        return list(people_rows(_of_townships(county, first, last), spelling))

    xlsx = folder / "people-townships-01-10.xlsx"
    utf8 = folder / "people-townships-11-15.csv"
    gb18030 = folder / "people-townships-16-20.gb18030.csv"
    middle = _XLSX_TOWNSHIPS, _UTF8_TOWNSHIPS
    rest = _UTF8_TOWNSHIPS, len(county.townships)
    return [
        ImportFile(xlsx, "people", "xlsx", write_xlsx(xlsx, _TITLE, PEOPLE, rows(0, _XLSX_TOWNSHIPS))),
        ImportFile(utf8, "people", "csv", write_csv(utf8, "utf-8-sig", PEOPLE, rows(*middle))),
        ImportFile(gb18030, "people", "csv", write_csv(gb18030, "gb18030", PEOPLE, rows(*rest))),
    ]


def write_enrolments(county: County, folder: Path) -> ImportFile:
    """The membership history of two years."""
    path = folder / f"enrolments-{YEAR - 1}-{YEAR}.csv"
    rows = write_csv(path, "utf-8-sig", ENROLMENTS, list(enrolment_rows(county.households)))
    return ImportFile(path, "enrolments", "csv", rows)


def write_certificates(county: County, folder: Path) -> ImportFile:
    """The chronic diseases that were recognised for outpatient benefits."""
    path = folder / "certificates.csv"
    rows = list(certificate_rows(county.households, handbooks(county)))
    return ImportFile(path, "certificates", "csv", write_csv(path, "utf-8-sig", CERTIFICATES, rows))


def write_bad_rows(folder: Path) -> ImportFile:
    """The small file whose rows must be refused one by one."""
    path = folder / "people-bad-rows.csv"
    rows = write_csv(path, "utf-8-sig", PEOPLE, [each.row for each in bad_rows()])
    return ImportFile(path, "people", "csv", rows)


def write_all(county: County, folder: Path) -> list[ImportFile]:
    """Write every file into the folder (made if missing), in the order in which they are imported."""
    folder.mkdir(parents=True, exist_ok=True)
    history = [write_enrolments(county, folder), write_certificates(county, folder)]
    return [*write_people(county, folder), *history, write_bad_rows(folder)]
