"""The national interface: every message, and the settlement's amounts."""

from rich.console import Console

from deploy.demo.steps.nhsa import Shown
from deploy.demo.tables.layout import Column, Number, table
from deploy.demo.tables.words import yuan

_AMOUNTS = (
    ("medfee_sumamt", "总费用"),
    ("inscp_scp_amt", "政策范围内"),
    ("hifp_pay", "基本医保"),
    ("hifmi_pay", "大病保险"),
    ("maf_pay", "医疗救助"),
    ("oth_pay", "其他基金"),
    ("hosp_part_amt", "医院负担"),
    ("psn_part_amt", "个人负担"),
)


def show(out: Console, shown: Shown) -> None:
    """Print the messages in their order and what the last settlement came to."""
    columns = [Column("交易"), Column("内容"), Column("结果")]
    out.print(table(columns, [tuple(each) for each in shown.exchanges]))
    amounts = [yuan(round(shown.setlinfo[name] * 100)) for name, _ in _AMOUNTS]
    out.print(table([Number(title) for _, title in _AMOUNTS], [amounts]))
