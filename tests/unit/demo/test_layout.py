"""What is printed: aligned columns, lines broken between characters, amounts with separators."""

from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType

from deploy.demo.tables.layout import Column, Number, table, wrap
from deploy.demo.tables.words import percent, short_percent, yuan


def printed(*what: RenderableType, width: int = 120) -> str:
    out = Console(file=StringIO(), width=width, highlight=False, color_system=None)
    for each in what:
        out.print(each)
    text = out.file
    assert isinstance(text, StringIO)
    return text.getvalue()


@pytest.mark.parametrize(
    ("fen", "text"),
    [(0, "0.00"), (5, "0.05"), (123_456_789, "1,234,567.89"), (-100_000, "-1,000.00"), (99_999, "999.99")],
)
def test_amounts_have_thousands_separators(fen: int, text: str) -> None:
    assert yuan(fen) == text


def test_rates_are_written_as_rules_and_reports_write_them() -> None:
    assert (percent(487), percent(500), short_percent(500), short_percent(750)) == (
        "4.87%",
        "5.00%",
        "5%",
        "7.5%",
    )


def test_numbers_end_in_one_column_whatever_stands_before_them() -> None:
    made = table(
        [Column("科目"), Number("金额")], [("医疗救助", "1.00"), ("a", "1,234.00")], ("合计", "1,235.00")
    )
    lines = [line for line in printed(made).splitlines() if line.endswith(".00")]
    assert len(lines) == 3
    assert len({cell_len(line) for line in lines}) == 1


def test_text_in_brackets_is_printed_as_it_is() -> None:
    assert "[red]5[/red]" in printed(table([Column("原因")], [("[red]5[/red]",)]))


def test_lines_break_between_characters_but_not_in_dates_or_before_a_full_stop() -> None:
    text = "患者在 2026-04-14 没有有效的参保记录，请按自费处理（待核实）。"
    lines = wrap(text, 18).split("\n")
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(cell_len(line) <= 18 for line in lines)
    assert any("2026-04-14" in line for line in lines)
    assert not any(line.startswith(("，", "。", "）")) or line.endswith("（") for line in lines)
