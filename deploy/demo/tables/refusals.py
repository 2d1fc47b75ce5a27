"""Bad messages that were refused, with the code and the Chinese text that their sender got."""

from rich.console import Console

from deploy.demo.replies import HisSummary
from deploy.demo.tables.layout import Column, Number, table, wrap
from deploy.demo.tables.words import count
from deploy.demo.voucher_count import VoucherCount

_OTHER_COLUMNS, _NARROWEST = 84, 30
"""Cells taken by the other columns; the least that the text gets."""


def show(out: Console, hospitals: HisSummary, vouchers: VoucherCount) -> None:
    """Print the refusals of the claims service, then those of the screening service."""
    cells = max(_NARROWEST, out.width - _OTHER_COLUMNS)
    rows = [
        ("、".join(each.mistakes), code, str(each.status), wrap(each.detail, cells), count(each.count))
        for code, each in hospitals.refused.items()
    ]
    rows += [
        (mistake, code, "逐行", wrap(text, cells), count(number))
        for (mistake, (code, text)), number in vouchers.mistakes.items()
    ]
    columns = [Column("错误"), Column("代码"), Column("状态"), Column("答复（第一例）"), Number("次数")]
    out.print(table(columns, rows))
