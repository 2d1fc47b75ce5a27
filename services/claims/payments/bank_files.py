"""Reading what the bank says became of a batch: our CSV form, or ISO 20022 pain.002. Pure.

The CSV has a head of two lines (批次号,文件摘要,笔数,总金额) and then one line a payment
(付款明细号,金额,结果,原因,处理日期), in UTF-8 or GB18030. 结果 is 成功, 失败, or 退汇 for what had been paid.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from datetime import date
from io import StringIO
from typing import Final, Literal, NamedTuple
from xml.etree import ElementTree as ET
from xml.parsers import expat

from services.claims.payments.problems import RESULT_UNREADABLE
from services.claims.payments.rules import BANK_RETURNED, FAILED, PAID
from shared.money import Fen, parse_yuan
from shared.problems import Problem

MAX_BYTES = 16 * 1024 * 1024
MAX_REASON = 200
MAX_DEPTH = 32
CSV, PAIN002 = "csv", "pain002"
Format = Literal["csv", "pain002"]
HEAD: Final = ("批次号", "文件摘要", "笔数", "总金额")
LINES: Final = ("付款明细号", "金额", "结果", "原因", "处理日期")
Says = Literal["paid", "failed", "bank_returned"]
_OUTCOMES: Final[Mapping[str, Says]] = {"成功": PAID, "失败": FAILED, "退汇": BANK_RETURNED}
# Settlement completed on the creditor's or the debtor's account; rejected. All others are not decided yet.
# The standard tells a payment that comes back by another message (pacs.004); banks that tell it in this one
# use RTRN (unverified). A rejection of what was paid stays a contradiction, so that no mistake moves money.
_STATUSES: Final[Mapping[str, Says]] = {"ACCC": PAID, "ACSC": PAID, "RJCT": FAILED, "RTRN": BANK_RETURNED}
_DAY = re.compile(r"(20[0-9]{2})-?([0-9]{2})-?([0-9]{2})")
_COUNT = re.compile(r"[0-9]{1,9}")


class Outcome(NamedTuple):
    """What the bank says of one payment: what becomes of the item, null while it is not decided."""

    item: str
    amount_fen: Fen | None
    says: Says | None
    reason: str
    day: date | None


class Total(NamedTuple):
    """A count and a sum that a file states."""

    payments: int
    amount_fen: Fen


class BankFile(NamedTuple):
    """A file as read. The CSV states what is in it, pain.002 what was in the original batch."""

    message_id: str
    digest: str | None
    own_total: Total | None
    batch_total: Total | None
    outcomes: list[Outcome]


def read(body: bytes, form: Format) -> BankFile:
    """Read a file of the bank, or raise a Problem that says what is wrong with it."""
    if len(body) > MAX_BYTES:
        raise _unreadable("文件过大", "the file is too large")
    return _read_csv(body) if form == CSV else _read_pain002(body)


def _unreadable(zh: str, en: str) -> Problem:
    return Problem(RESULT_UNREADABLE, pointer="", reason_zh=zh, reason_en=en)


def _decoded(body: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _unreadable("编码既不是 UTF-8 也不是 GB18030", "the encoding is neither UTF-8 nor GB18030")


def _read_csv(body: bytes) -> BankFile:
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(StringIO(_decoded(body)), strict=True)]
    except csv.Error as error:
        raise _unreadable("不是有效的 CSV", "not a valid CSV") from error
    rows = [row for row in rows if any(row)]
    if len(rows) < 4 or tuple(rows[0]) != HEAD or tuple(rows[2]) != LINES or len(rows[1]) != len(HEAD):
        raise _unreadable(
            f"表头应为 {','.join(HEAD)} 和 {','.join(LINES)}，且至少有一笔明细",
            "the heads are not those of the form, or there is no payment",
        )
    message_id, digest, count, amount = rows[1]
    if not _COUNT.fullmatch(count):
        raise _unreadable("笔数不是数字", "the count is no number")
    total = Total(int(count), _amount(amount, 2))
    outcomes = [_line(row, no) for no, row in enumerate(rows[3:], 4)]
    return BankFile(message_id, digest.lower(), total, None, outcomes)


def _line(row: list[str], no: int) -> Outcome:
    if len(row) != len(LINES) or row[2] not in _OUTCOMES:
        raise _unreadable(
            f"第 {no} 行：应有 {len(LINES)} 列，结果为 {'、'.join(_OUTCOMES)} 之一",
            f"row {no} lacks a column, or its outcome is unknown",
        )
    item, amount, outcome, reason, day = row
    return Outcome(item, _amount(amount, no), _OUTCOMES[outcome], _plain(reason), _day(day, no))


def _amount(text: str, no: int) -> Fen:
    try:
        return parse_yuan(text.replace(",", ""))
    except ValueError:
        raise _unreadable(f"第 {no} 行：金额无法识别", f"row {no}: not an amount") from None


def _day(text: str, no: int) -> date | None:
    if not text:
        return None
    match = _DAY.fullmatch(text)
    try:
        if match:
            return date(*(int(part) for part in match.groups()))
    except ValueError:
        pass
    raise _unreadable(f"第 {no} 行：日期应写作 2026-11-05", f"row {no}: not a date such as 2026-11-05")


def _plain(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable())[:MAX_REASON]


def _read_pain002(body: bytes) -> BankFile:
    root = _tree(body)
    group = next(_named(root, "OrgnlGrpInfAndSts"), None)
    message_id = _text(group, "OrgnlMsgId")
    if group is None or not message_id:
        raise _unreadable("没有 OrgnlMsgId", "there is no OrgnlMsgId")
    count, amount = _text(group, "OrgnlNbOfTxs"), _text(group, "OrgnlCtrlSum")
    total = None
    if count and amount and _COUNT.fullmatch(count):
        total = Total(int(count), _amount(amount, 0))
    made_on = _text(root, "CreDtTm")[:10]
    outcomes = [_status(each, no, made_on) for no, each in enumerate(_named(root, "TxInfAndSts"), 1)]
    if not outcomes:
        raise _unreadable("没有逐笔状态 TxInfAndSts", "there is no TxInfAndSts")
    return BankFile(message_id, None, None, total, outcomes)


def _status(each: ET.Element, no: int, made_on: str) -> Outcome:
    item, status = _text(each, "OrgnlEndToEndId"), _text(each, "TxSts")
    if not item or not status:
        raise _unreadable(
            f"第 {no} 笔没有 OrgnlEndToEndId 或 TxSts", f"no {no} lacks OrgnlEndToEndId or TxSts"
        )
    amount = _text(each, "InstdAmt")
    reason = " ".join(
        text for text in (_text(next(_named(each, "Rsn"), None), "Cd"), _text(each, "AddtlInf")) if text
    )
    says = _STATUSES.get(status)
    accepted_on = "" if says == BANK_RETURNED else _text(each, "AccptncDtTm")[:10]
    day = _day(accepted_on or made_on, no)
    return Outcome(item, _amount(amount, no) if amount else None, says, _plain(reason), day)


def _tree(body: bytes) -> ET.Element:
    """The document; one with a DOCTYPE is refused, since nothing in it may be expanded or loaded.

    So is one that is nested deeper than any message of the standard: each payment in another would be read
    as often as there are payments around it.
    """
    scan = expat.ParserCreate()
    depth = 0

    def refuse(*_: object) -> None:
        raise _unreadable("不允许 DOCTYPE", "a DOCTYPE is not allowed")

    def begin(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise _unreadable(f"嵌套超过 {MAX_DEPTH} 层", f"nested deeper than {MAX_DEPTH} levels")

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    scan.StartDoctypeDeclHandler = refuse
    scan.StartElementHandler, scan.EndElementHandler = begin, end
    try:
        scan.Parse(body, True)
        return ET.fromstring(body)
    except (expat.ExpatError, ET.ParseError, ValueError, LookupError) as error:
        raise _unreadable("不是有效的 XML", "not valid XML") from error


def _named(parent: ET.Element, name: str) -> Iterator[ET.Element]:
    """Elements of a name, in whatever version of the message's namespace."""
    return (each for each in parent.iter() if each.tag.rpartition("}")[2] == name)


def _text(parent: ET.Element | None, name: str) -> str:
    found = next(_named(parent, name), None) if parent is not None else None
    return (found.text or "").strip() if found is not None else ""
