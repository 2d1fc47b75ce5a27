"""What can be wrong with a list of money received, as a whole or in a row; nothing of it is stored."""

from shared.problems import ProblemSpec
from shared.sheets.row_problems import row_problem

FILE_FAULTS = ProblemSpec(
    "funds.receipt_file_faults",
    422,
    zh="文件中有 {count} 处错误（列出前 {shown} 处），未登记任何资金；请更正后重新上传整个文件",
    en="The file has {count} fault(s), the first {shown} are listed; nothing was prepared",
)
NO_ROWS = ProblemSpec(
    "funds.receipt_file_empty", 422, zh="表头之下没有到位资金", en="There is no receipt in it"
)
TOTAL_MISSING = ProblemSpec(
    "funds.receipt_file_total_missing",
    422,
    zh="文件没有“合计”行，也没有给出 total：无法确认文件是否完整",
    en="The file has no row with its sum and no total was given: nobody can tell whether it is complete",
)
NOT_IN_YUAN = ProblemSpec(
    "funds.receipt_file_unit",
    422,
    zh="文件写明“{found}”：金额须以元为单位，请换算后重新上传",
    en='The file says "{found}": amounts have to be in yuan; convert them and send it again',
)
TOTAL_DIFFERS = ProblemSpec(
    "funds.receipt_file_total",
    422,
    zh="各行合计 {found} 元，文件或申报的合计为 {stated} 元，相差 {difference} 元；文件可能不全，未登记",
    en="The rows add up to {found}, the stated total is {stated}, {difference} apart; nothing was prepared",
)
UNKNOWN_NAME = row_problem(
    "unknown_fund_or_source", "不认识的名称“{value}”，可用：{known}", 'Unknown name "{value}"; known: {known}'
)
BAD_AMOUNT = row_problem(
    "bad_amount",
    "金额应为不小于零、最多两位小数的数字（元）：{value}",
    "An amount is a number in yuan, not below zero, with at most two decimals: {value}",
)
BAD_REFERENCE = row_problem(
    "bad_bank_reference",
    "银行流水号应为 1 至 64 位字母、数字或 _ . : / -：{value}",
    "A bank reference has 1 to 64 letters, digits or _ . : / -: {value}",
)
REFERENCE_REPEATED = row_problem(
    "bank_reference_repeated",
    "银行流水号与第 {other} 行重复",
    "The bank reference is that of row {other}",
)
BAD_YEAR = row_problem("bad_fund_year", "年度应为四位数字：{value}", "A year has four digits: {value}")
BEHIND_TOTAL = row_problem(
    "behind_total", "“合计”行之后还有到位资金或合计", "There is a receipt or a total behind the total"
)
