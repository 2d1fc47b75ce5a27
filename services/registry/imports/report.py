"""The list of faults as a CSV file for a spreadsheet."""

import csv
import io
from collections.abc import Sequence

from services.registry.imports.row_problems import RowFault, fault_text

_BOM = "\ufeff"
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
_HEADER = {
    "zh": ("行号", "列", "级别", "代码", "说明"),
    "en": ("row", "column", "severity", "code", "description"),
}
_SEVERITY = {"zh": {"error": "错误", "warning": "提示"}, "en": {"error": "error", "warning": "warning"}}


def errors_csv(faults: Sequence[RowFault], language: str) -> bytes:
    """UTF-8 with BOM; no cell can be taken for a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_HEADER[language])
    for fault in faults:
        detail = fault_text(fault.code, fault.params, language)
        severity = _SEVERITY[language][fault.severity]
        writer.writerow((fault.row, safe_cell(fault.column), severity, fault.code, safe_cell(detail)))
    return (_BOM + text.getvalue()).encode()


def safe_cell(text: str) -> str:
    """A text that a spreadsheet shows and never computes."""
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text
