"""What can be wrong in a row of an import: one code each, in Chinese and English.

A fault refuses its row and nothing else; the codes in WARNINGS are listed, but their row is imported.
"""

from typing import Any, NamedTuple

from services.registry.imports.codes import accepted
from shared.problems import ProblemSpec
from shared.sheets.row_problems import (
    BAD_DATE,
    BAD_TEXT,
    CELL_MISSING,
    LOST_DIGITS,
    SHORT_ROW,
    TEXT_TOO_LONG,
)
from shared.sheets.row_problems import row_problem as _row

__all__ = ["BAD_DATE", "BAD_TEXT", "CELL_MISSING", "LOST_DIGITS", "SHORT_ROW", "TEXT_TOO_LONG"]


def _unknown(code: str, zh: str, en: str, table: str) -> ProblemSpec:
    """A text that no code has; the texts that one has are listed."""
    known = accepted(table)
    return _row(
        code,
        f"不认识的{zh}“{{value}}”，可填：{known}",
        f'Unknown {en} "{{value}}"; the guide for provincial systems lists those that are known',
    )


BAD_JSON = _row("bad_json", "本行不是有效的 JSON 对象", "The line is not a JSON object")
BAD_CODE_TEXT = _row(
    "bad_number",
    "编号只能由 1 至 20 位字母和数字组成",
    "A number of a household or person has 1 to 20 letters and digits",
)
ID_LENGTH = _row(
    "id_number_length",
    "证件号码长度不是 18、20 或 22 位（旧证 15 位）",
    "An identity number has 18 characters, a disability card 20 or 22, the old form 15",
)
ID_BIRTH_DATE = _row(
    "id_number_birth_date",
    "证件号码中的出生日期不存在",
    "The birth date inside the identity number does not exist",
)
ID_CHECKSUM = _row(
    "id_number_checksum",
    "证件号码校验码错误（GB 11643）",
    "The check character of the identity number is wrong (GB 11643)",
)
ID_FUTURE_BIRTH = _row(
    "id_number_future_birth",
    "证件号码中的出生日期晚于数据日期",
    "The birth date inside the identity number is later than the file",
)
DUPLICATE_PERSON = _row(
    "duplicate_person", "人编号与第 {other} 行重复", "The person number is that of row {other}"
)
DUPLICATE_ID = _row(
    "duplicate_id_number", "证件号码与第 {other} 行重复", "The identity number is that of row {other}"
)
ID_TAKEN = _row(
    "id_number_taken",
    "证件号码已登记在本县另一人编号名下",
    "The identity number is registered under another person number of the county",
)
OLDER_FILE = _row(
    "older_file",
    "此人已有更新的数据（{year} 年度，{stated_on}），较早的文件不能覆盖",
    "Newer data of this person are registered (year {year}, {stated_on}); an older file cannot replace them",
)
HOUSEHOLD_DIFFERS = _row(
    "household_differs",
    "本户“{column}”与第 {other} 行不一致",
    'The "{column}" of the household differs from row {other}',
)
BAD_VILLAGE = _row(
    "bad_village", "行政村代码应为 12 位数字：{value}", "A village code has 12 digits: {value}"
)
VILLAGE_OUTSIDE = _row(
    "village_outside_county",
    "行政村 {value} 不在本县（{county}）",
    "The village {value} is not in county {county}",
)
UNKNOWN_HOUSEHOLD_CLASS = _unknown("unknown_household_class", "户类型", "household class", "household_class")
UNKNOWN_MONITORED_CLASS = _unknown(
    "unknown_monitored_class", "监测对象类别", "monitored class", "monitored_class"
)
UNKNOWN_AID = _unknown("unknown_aid", "低保、特困政策", "kind of assistance", "aid")
UNKNOWN_ETHNICITY = _row(
    "unknown_ethnicity",
    "民族“{value}”不在代码表内（GB/T 3304）",
    '"{value}" is not an ethnicity of GB/T 3304',
)
AMBIGUOUS_ETHNICITY = _row(
    "ambiguous_ethnicity",
    "民族代码 {value} 在不同系统中含义不同，请填名称，或在导入时给出 code_system",
    "The ethnicity code {value} differs between systems; write the name or pass code_system",
)
UNKNOWN_YES_NO = _row("unknown_yes_no", "应填“是”或“否”：{value}", "Must be yes or no in Chinese: {value}")
UNKNOWN_STATUS = _unknown("unknown_status", "人员状态", "status", "status")
UNKNOWN_HEALTH = _unknown("unknown_health", "健康状况", "state of health", "health")
BAD_MONTH = _row("bad_month", "不是有效的年月（应如 202305）：{value}", "Not a month such as 202305: {value}")
MONTH_IN_FUTURE = _row(
    "month_in_future", "年月晚于数据日期：{value}", "The month is later than the file: {value}"
)
REMOVED_WITHOUT_MONTH = _row(
    "removed_without_month",
    "风险已消除，但没有消除监测时间",
    "The risk is removed, but the month is missing",
)
REMOVAL_CONTRADICTS = _row(
    "removal_contradicts",
    "风险未消除，却填了消除监测时间",
    "The risk is not removed, yet there is a month of removal",
)
REMOVED_BEFORE_IDENTIFIED = _row(
    "removed_before_identified",
    "消除监测时间早于识别监测时间",
    "The risk is removed before it was identified",
)
BOTH_INSURANCES = _row(
    "both_insurances",
    "城乡居民与城镇职工基本医疗保险不能同时为“是”",
    "Resident and employee insurance exclude each other",
)
UNKNOWN_SCHEME = _unknown("unknown_scheme", "险种", "scheme", "scheme")
BAD_YEAR = _row("bad_year", "参保年度不正确：{value}", "Not a year of enrolment: {value}")
BAD_BOUGHT_BACK = _row(
    "bad_bought_back_years",
    "补缴年数应为 0 至 50 的整数：{value}",
    "Years bought back are a whole number from 0 to 50: {value}",
)
DATE_IN_FUTURE = _row(
    "date_in_future", "日期晚于数据日期：{value}", "The date is later than the file: {value}"
)
JOINED_AFTER_YEAR = _row(
    "joined_after_year", "参保日期晚于参保年度", "The person joined after the year of enrolment"
)
UNKNOWN_PERSON = _row(
    "unknown_person",
    "本县没有登记此人，请先导入人员信息",
    "The person is not registered in the county; import the people first",
)
PERSON_MISMATCH = _row(
    "person_mismatch",
    "人编号与证件号码不是同一人",
    "Person number and identity number belong to different people",
)
DUPLICATE_ENROLMENT = _row(
    "duplicate_enrolment",
    "同一人同一年度同一险种在文件中重复",
    "The same person, year and scheme appear twice in the file",
)
BAD_CHRONIC_CODE = _row(
    "bad_chronic_code",
    "慢特病病种编码应为 M 加五位数字（如 M03900）：{value}",
    "A code of a chronic disease is M and five digits: {value}",
)
RESTRICTED_DISEASE = _row(
    "restricted_disease",
    "该病种属限制查阅类，须由有权限范围 restricted:read 的人员导入",
    "The disease belongs to the restricted class; importing it needs the scope restricted:read",
)
ENDS_BEFORE_BEGINNING = _row(
    "ends_before_beginning", "有效期至早于认定日期", "The certificate ends before it begins"
)
DUPLICATE_CERTIFICATE = _row(
    "duplicate_certificate",
    "同一人同一病种在文件中有期间重叠的另一行",
    "Another row of the file certifies the same disease of the person for the same days",
)

NOT_ENROLLED = _row(
    "not_enrolled",
    "未参加任何基本医疗保险，请核实",
    "Enrolled in neither resident nor employee insurance",
)
NO_CRITICAL_ILLNESS = _row(
    "no_critical_illness",
    "已参加居民医保，但大病保险为“否”，请核实",
    "Enrolled as a resident, but not in critical illness insurance",
)
REMOVED_EARLY = _row(
    "removed_early",
    "识别后不足 2 个月即以帮扶消除风险，请核实",
    "The risk was removed by aid within two months of its identification",
)
SEX_DIFFERS = _row(
    "sex_differs",
    "性别与证件号码不一致，以证件号码为准",
    "The sex differs from the identity number, which prevails",
)
UNKNOWN_RELATION = _row(
    "unknown_relation",
    "不认识的与户主关系“{value}”，按“其他”登记",
    'Unknown relation "{value}", registered as "other"',
)
BAD_PHONE = _row("bad_phone", "联系电话不正确，未登记", "The phone number is not valid and was left out")

WARNINGS = frozenset(
    spec.code
    for spec in (
        NOT_ENROLLED,
        NO_CRITICAL_ILLNESS,
        REMOVED_EARLY,
        SEX_DIFFERS,
        UNKNOWN_RELATION,
        BAD_PHONE,
    )
)
BY_CODE: dict[str, ProblemSpec] = {
    spec.code: spec for spec in list(globals().values()) if isinstance(spec, ProblemSpec)
}


class RowFault(NamedTuple):
    """A fault at a row and column of the file."""

    row: int
    column: str
    code: str
    params: dict[str, Any]

    @property
    def severity(self) -> str:
        """``error``: the row was refused; ``warning``: it was imported."""
        return "warning" if self.code in WARNINGS else "error"


def fault_text(code: str, params: dict[str, Any], language: str = "zh") -> str:
    """What a fault says, in Chinese or English."""
    spec = BY_CODE[code]
    return (spec.en if language == "en" else spec.zh).format(**params)
