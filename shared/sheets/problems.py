"""Refusals of a whole file: it cannot be read as the table that was expected, and nothing of it is stored."""

from shared.problems import ProblemSpec

FILE_EMPTY = ProblemSpec("import.file_empty", 422, zh="文件是空的", en="The file is empty")
FILE_UNREADABLE = ProblemSpec(
    "import.file_unreadable",
    422,
    zh="文件不完整、已损坏或不是 {format} 格式，未导入任何数据",
    en="The file is truncated, damaged or not {format}; nothing was imported",
)
FILE_ENCODING = ProblemSpec(
    "import.file_encoding",
    422,
    zh="无法识别文件编码，请保存为 UTF-8 或 GB18030 后重新上传",
    en="The encoding is neither UTF-8 nor GB18030",
)
FILE_TOO_MANY_ROWS = ProblemSpec(
    "import.file_too_many_rows",
    413,
    zh="文件超过 {limit} 行，请拆分后分别导入",
    en="The file has more than {limit} rows; split it",
)
FILE_TOO_LARGE_UNPACKED = ProblemSpec(
    "import.file_too_large_unpacked",
    413,
    zh="表格解压后超过上限 {limit} MB，请拆分后分别导入",
    en="The workbook unpacks to more than {limit} MB; split it",
)
SHEET_MERGED = ProblemSpec(
    "import.sheet_merged",
    422,
    zh="表格中合并单元格超过 {limit} 处，请取消合并后重新上传",
    en="The sheet merges cells in more than {limit} places; unmerge them and send it again",
)
SHEET_TOO_WIDE = ProblemSpec(
    "import.sheet_too_wide",
    422,
    zh="表格在第 256 列之后或第 300000 行之后还有内容，请删除多余的行列后重新上传",
    en="The sheet has cells beyond column 256 or row 299999; delete them and send it again",
)
HEADER_NOT_FOUND = ProblemSpec(
    "import.header_not_found",
    422,
    zh="在文件前 {rows} 行中没有找到表头，表头应包含：{expected}",
    en="No header row within the first {rows} rows; it should hold: {expected}",
)
COLUMN_MISSING = ProblemSpec(
    "import.column_missing",
    422,
    zh="文件缺少必需的列：{columns}",
    en="The file lacks the required column(s): {columns}",
)
COLUMN_REPEATED = ProblemSpec(
    "import.column_repeated",
    422,
    zh="表头中“{column}”出现了多次，无法确定以哪一列为准",
    en='The header names "{column}" more than once',
)
