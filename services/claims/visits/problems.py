"""Refusals of open visits."""

from shared.problems import ProblemSpec

ADMITTED_OTHER = ProblemSpec(
    "claims.admitted_other",
    409,
    zh="就诊号 {visit_no} 已为另一位患者办理入院，请核对就诊号和证件",
    en="Visit {visit_no} was opened for another patient; check the visit number and the card",
)
ADMITTED_IN_FUTURE = ProblemSpec(
    "claims.admitted_in_future",
    422,
    zh="入院日期 {admitted_on} 晚于今天 {today}",
    en="The day of admission {admitted_on} is after today, {today}",
)
ADMISSION_CONFLICT = ProblemSpec(
    "claims.admission_conflict",
    409,
    zh="就诊号 {visit_no} 已办理入院且内容不同；更正请先取消原入院，再用新的就诊号办理",
    en="Visit {visit_no} was opened with other content; cancel it and open the right one under a new number",
)
VISIT_NOT_OPEN = ProblemSpec(
    "claims.visit_not_open",
    409,
    zh="就诊 {visit_no} 的状态为 {state}，不能再做此操作",
    en="Visit {visit_no} is {state}; this can no longer be done",
)
PART_CONFLICT = ProblemSpec(
    "claims.part_conflict",
    409,
    zh="费用第 {part_no} 部分已上传且内容不同；更正请先撤回该部分",
    en="Part {part_no} was uploaded with other content; withdraw it first",
)
LINE_TWICE = ProblemSpec(
    "claims.line_twice",
    409,
    zh="费用明细流水号 {line_id} 重复，同一明细不能上传两次，本部分未保存",
    en="Line {line_id} was uploaded before; a line is taken once, nothing of this part was saved",
)
TOO_MANY_CHARGES = ProblemSpec(
    "claims.too_many_charges",
    409,
    zh="一次就诊的费用明细最多 {limit} 行，已有 {present} 行，请合并同类项目",
    en="A visit has at most {limit} charge lines and {present} are there; merge equal items",
)
NO_CHARGES = ProblemSpec(
    "claims.no_charges",
    409,
    zh="就诊 {visit_no} 没有可结算的费用明细（尚未上传，或已全部退费）",
    en="Visit {visit_no} has no charges to settle: none were uploaded, or all are refunded",
)
REFUND_NOT_CHARGED = ProblemSpec(
    "claims.refund_not_charged",
    409,
    zh="退费明细 {line_id} 没有可冲减的费用：本次就诊没有项目编码、单价、等级相同的已上传明细，"
    "或所写的原明细不是这样的；请改正，或先上传原明细",
    en="Refund {line_id} has nothing to take from: no line of this visit has its item, price and class,"
    " or the line that it names has not; correct it, or upload the charge first",
)
REFUND_EXCEEDS = ProblemSpec(
    "claims.refund_exceeds",
    409,
    zh="退费明细 {line_id} 超出可退数量：尚可退 {left}，请改正数量；已退过的不能再退",
    en="Refund {line_id} exceeds what is left to refund, {left}; correct its quantity",
)
REFUND_AMOUNT = ProblemSpec(
    "claims.refund_amount",
    409,
    zh="退费明细 {line_id} 的金额应为 {expected} 元（冲减前后“数量 × 单价”四舍五入之差），报文为 {found} 元；"
    "也可撤销原明细后重新上传",
    en="Refund {line_id} takes {expected} off the bill (quantity times price before less after, each"
    " rounded), it says {found}; or withdraw the charge and upload the right one",
)
REFUND_LEFT_OVER = ProblemSpec(
    "claims.refund_left_over",
    409,
    zh="不能撤销：退费明细 {line_id} 冲减的就是这些费用，请先撤销（或一并撤销）该退费明细",
    en="This cannot be withdrawn: refund {line_id} is of these charges; withdraw the refund first, or both",
)
