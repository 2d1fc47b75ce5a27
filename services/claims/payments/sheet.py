"""The payment list as a workbook that the finance bureau reads, prints and signs. Pure.

Account numbers are texts, no cell is a formula whatever a name begins with, and the same batch gives the
same bytes.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any, Final, NamedTuple

import xlsxwriter

from services.claims.payments.pain001 import Order
from shared.clock import SHANGHAI
from shared.money import Fen
from shared.money_words import yuan_in_words

_PARTS: Final[Mapping[str, str]] = {
    "settlements": "结算",
    "reversals": "撤销冲减",
    "adjustments": "调整",
    "deductions": "违规扣减",
    "returned": "退汇重付",
    "advance": "预拨（垫付）",
    "card_payable": "报销补差",
    "card_owed": "应补扣回",
    "relapse_payout": "防贫保赔付",
    "one_off": "一次性救助",
    "subsidy": "定期补助",
}
_WIDTHS = {"序号": 6, "户名": 30, "账号": 26, "开户行": 28, "联行号": 16, "付款明细号": 36}
_MONEY_WIDTH, _HEAD_ROW = 16, 4


class Row(NamedTuple):
    """What a line comes from, beside who is paid: parts by name (count, fen), what is set off."""

    payee: str
    parts: Mapping[str, tuple[int, Fen]]
    set_off_fen: Fen


def write(title: str, through: str, order: Order, rows: Sequence[Row]) -> bytes:
    """The workbook; ``rows`` are in the order of the payments."""
    file = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        made_at = order.made_at.astimezone(SHANGHAI).replace(tzinfo=None)
        book.set_properties({"title": title, "created": _whole(made_at)})
        page = book.add_worksheet("支付明细")
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        _fill(book, page, title, through, order, rows)
    return file.getvalue()


def _fill(book: Any, page: Any, title: str, through: str, order: Order, rows: Sequence[Row]) -> None:
    bold, money = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
    text = book.add_format({"num_format": "@"})
    shown = [part for part in _PARTS if any(part in row.parts for row in rows)]
    others = sorted({part for row in rows for part in row.parts} - set(_PARTS))
    parts = [*shown, *others]
    page.write_string(0, 0, title, bold)
    page.write_string(1, 0, f"批次号：{order.message_id}　截至：{through}　单位：元")
    page.write_string(2, 0, f"付款户名：{order.payer.holder}　付款账号：{order.payer.account_no}")
    head = ["序号", "收款方", "户名", "账号", "开户行", "联行号"]
    head += [name for part in parts for name in (f"{_PARTS.get(part, part)}笔数", _PARTS.get(part, part))]
    head += ["抵扣预拨", "实付金额", "付款明细号"]
    for column, name in enumerate(head):
        page.write_string(_HEAD_ROW, column, name, bold)
        page.set_column(column, column, _WIDTHS.get(name, _MONEY_WIDTH))
    for no, (payment, row) in enumerate(zip(order.payments, rows, strict=True), 1):
        payee = payment.payee
        texts = [row.payee, payee.holder, payee.account_no, payee.bank_name, payee.bank_code or ""]
        page.write_number(_HEAD_ROW + no, 0, no)
        for column, cell in enumerate(texts, 1):
            page.write_string(_HEAD_ROW + no, column, cell, text)
        figures = [figure for part in parts for figure in row.parts.get(part, (0, 0))]
        _figures(page, _HEAD_ROW + no, figures, row.set_off_fen, payment.amount_fen, money)
        page.write_string(_HEAD_ROW + no, len(head) - 1, payment.end_to_end_id, text)
    _total(page, order, rows, parts, bold, money)


def _figures(
    page: Any, row: int, figures: Sequence[int], set_off_fen: Fen, amount_fen: Fen, money: Any
) -> None:
    """Counts and amounts by turns, behind the columns that say who is paid."""
    column = 6
    for place, figure in enumerate(figures):
        if place % 2:
            page.write_number(row, column + place, _yuan(figure), money)
        else:
            page.write_number(row, column + place, figure)
    page.write_number(row, column + len(figures), _yuan(set_off_fen), money)
    page.write_number(row, column + len(figures) + 1, _yuan(amount_fen), money)


def _total(page: Any, order: Order, rows: Sequence[Row], parts: Sequence[str], bold: Any, money: Any) -> None:
    end = _HEAD_ROW + len(rows) + 1
    page.write_string(end, 0, "合计", bold)
    figures = []
    for part in parts:
        found = [row.parts.get(part, (0, 0)) for row in rows]
        figures += [sum(count for count, _ in found), sum(fen for _, fen in found)]
    _figures(page, end, figures, sum(row.set_off_fen for row in rows), order.amount_fen, money)
    page.write_string(end + 1, 0, f"合计金额（大写）：{yuan_in_words(order.amount_fen)}", bold)
    page.write_string(end + 3, 0, "编制：　　　　　　审批：　　　　　　财务专用章：")


def _yuan(fen: Fen) -> Decimal:
    return Decimal(fen).scaleb(-2)


def _whole(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)
