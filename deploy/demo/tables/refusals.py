"""Bad messages that were refused, with the code and the Chinese text that their sender got."""

from rich.console import Console

from deploy.demo.replies import HisSummary
from deploy.demo.tables.layout import Column, Number, table
from deploy.demo.tables.words import count
from deploy.demo.voucher_count import VoucherCount


def show(out: Console, hospitals: HisSummary, vouchers: VoucherCount) -> None:
    """Print the refusals of the claims service, then those of the screening service."""
    rows = [
        ("、".join(each.mistakes), code, str(each.status), each.detail, count(each.count))
        for code, each in hospitals.refused.items()
    ]
    rows += [
        ("体检券错误报文", code, "", text, count(number))
        for (code, text), number in vouchers.mistakes.items()
    ]
    columns = [Column("错误"), Column("代码"), Column("状态"), Column("答复（第一例）"), Number("次数")]
    out.print(table(columns, rows))
