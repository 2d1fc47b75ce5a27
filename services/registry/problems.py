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
