"""What can be wrong in a row of any file: one code each, in Chinese and English."""

from shared.problems import ProblemSpec


def row_problem(code: str, zh: str, en: str) -> ProblemSpec:
    """A fault of one row of an import."""
    return ProblemSpec(f"import.{code}", 422, zh=zh, en=en)


SHORT_ROW = row_problem(
    "short_row",
    "本行只有 {found} 列，少于表头的 {expected} 列，可能文件不完整",
    "The row has {found} cells, fewer than the {expected} of the header; the file may be cut off",
)
CELL_MISSING = row_problem("cell_missing", "缺少必填项", "The cell is empty but required")
TEXT_TOO_LONG = row_problem("text_too_long", "内容超过 {limit} 个字符", "The text exceeds {limit} characters")
BAD_TEXT = row_problem("bad_text", "含有不允许的字符", "The text holds characters that are not allowed")
LOST_DIGITS = row_problem(
    "lost_digits",
    "号码被表格软件存成了科学计数法，末几位已丢失，请将该列设为文本格式后重新填写",
    "The spreadsheet turned the number into a quantity and lost its last digits; format the column as text",
)
BAD_DATE = row_problem(
    "bad_date", "日期不存在或格式不正确（应如 2026-03-01）：{value}", "No such date: {value}"
)
