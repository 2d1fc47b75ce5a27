"""Refusals of the registry service. Faults of single rows of an import are in ``imports/row_problems``."""

from shared.problems import ProblemSpec

PERSON_NOT_FOUND = ProblemSpec(
    "registry.person_not_found",
    404,
    zh="没有找到此人，或不在您的管辖范围内",
    en="No such person, or outside your jurisdiction",
)
HOUSEHOLD_NOT_FOUND = ProblemSpec(
    "registry.household_not_found",
    404,
    zh="没有找到该户，或不在您的管辖范围内",
    en="No such household, or outside your jurisdiction",
)
ID_NUMBER_LENGTH = ProblemSpec(
    "registry.id_number_length", 422, zh="证件号码应为 18 位", en="An identity number has 18 characters"
)
ID_NUMBER_OLD_FORM = ProblemSpec(
    "registry.id_number_old_form",
    422,
    zh="15 位旧证件号码只能用于导入，请填写 18 位号码",
    en="The 15-digit form is accepted on import only; give the 18-character number",
)
ID_NUMBER_CHECKSUM = ProblemSpec(
    "registry.id_number_checksum",
    422,
    zh="证件号码的校验码或出生日期不正确",
    en="The check character or the birth date of the identity number is wrong",
)
ONE_OF_PERSON_ID_OR_NUMBER = ProblemSpec(
    "registry.one_of_person_id_or_number",
    422,
    zh="请在 person_id 与 id_number 中给出且只给出一个",
    en="Give either person_id or id_number, and only one of them",
)
OUTSIDE_JURISDICTION = ProblemSpec(
    "registry.outside_jurisdiction",
    403,
    zh="行政区划 {division_code} 不在您的管辖范围内",
    en="The division {division_code} is outside your jurisdiction",
)
IMPORT_NOT_FOUND = ProblemSpec(
    "registry.import_not_found",
    404,
    zh="没有找到这次导入，或不在您的管辖范围内",
    en="No such import, or outside your jurisdiction",
)
IMPORT_RUNNING = ProblemSpec(
    "registry.import_running",
    409,
    zh="县 {county} 的另一次导入正在进行，请稍后用同一编号重试",
    en="Another import of county {county} is running; retry later with the same key",
)
IMPORTS_BUSY = ProblemSpec(
    "registry.imports_busy",
    503,
    zh="正在处理的导入文件过多，请稍后重试",
    en="Too many import files are being read; retry later",
)
UPLOAD_BROKEN = ProblemSpec(
    "registry.upload_broken", 400, zh="文件没有传完，请重新上传", en="The upload broke off; send it again"
)
FILE_EMPTY = ProblemSpec("registry.file_empty", 422, zh="文件是空的", en="The file is empty")
FILE_UNREADABLE = ProblemSpec(
    "registry.file_unreadable",
    422,
    zh="文件不完整、已损坏或不是 {format} 格式，未导入任何数据",
    en="The file is truncated, damaged or not {format}; nothing was imported",
)
FILE_ENCODING = ProblemSpec(
    "registry.file_encoding",
    422,
    zh="无法识别文件编码，请保存为 UTF-8 或 GB18030 后重新上传",
    en="The encoding is neither UTF-8 nor GB18030",
)
FILE_TOO_MANY_ROWS = ProblemSpec(
    "registry.file_too_many_rows",
    413,
    zh="文件超过 {limit} 行，请拆分后分别导入",
    en="The file has more than {limit} rows; split it",
)
FILE_TOO_LARGE_UNPACKED = ProblemSpec(
    "registry.file_too_large_unpacked",
    413,
    zh="表格解压后超过上限 {limit} MB，请拆分后分别导入",
    en="The workbook unpacks to more than {limit} MB; split it",
)
SHEET_TOO_WIDE = ProblemSpec(
    "registry.sheet_too_wide",
    422,
    zh="表格在第 256 列之后或第 300000 行之后还有内容，请删除多余的行列后重新上传",
    en="The sheet has cells beyond column 256 or row 299999; delete them and send it again",
)
HEADER_NOT_FOUND = ProblemSpec(
    "registry.header_not_found",
    422,
    zh="在文件前 {rows} 行中没有找到表头，表头应包含：{expected}",
    en="No header row within the first {rows} rows; it should hold: {expected}",
)
COLUMN_MISSING = ProblemSpec(
    "registry.column_missing",
    422,
    zh="文件缺少必需的列：{columns}",
    en="The file lacks the required column(s): {columns}",
)
COLUMN_REPEATED = ProblemSpec(
    "registry.column_repeated",
    422,
    zh="表头中“{column}”出现了多次，无法确定以哪一列为准",
    en='The header names "{column}" more than once',
)
AS_OF_IN_FUTURE = ProblemSpec(
    "registry.as_of_in_future",
    422,
    zh="数据日期 as_of 不能晚于今天",
    en="as_of cannot be later than today",
)
PLAN_NOT_FOUND = ProblemSpec(
    "registry.financing_plan_not_found",
    404,
    zh="没有找到该县该年度的筹资方案，或不在您的管辖范围内",
    en="No financing plan for this county and year, or outside your jurisdiction",
)
PLAN_AMOUNT_TOO_LARGE = ProblemSpec(
    "registry.financing_amount_too_large",
    422,
    zh="筹资总额超出可处理范围",
    en="The total exceeds the largest amount that can be handled",
)
PLAN_POOL_NEGATIVE = ProblemSpec(
    "registry.financing_pool_negative",
    422,
    zh="风险基金与门诊账户之和超过筹资总额，统筹基金为负",
    en="Risk reserve and outpatient accounts exceed the total; the pooled fund would be negative",
)
