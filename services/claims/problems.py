"""Refusals of the claims service. Each tells the hospital's programmer what to do.

422: the message cannot be right, mend it. 404, 409, 403: the message may be right, the state of the world or
the caller's rights are in the way. A refusal writes nothing.
"""

from shared.problems import ProblemSpec

CHARGES_DO_NOT_ADD_UP = ProblemSpec(
    "claims.charges_do_not_add_up",
    422,
    zh="费用明细有 {count} 处对不上，请核对后重新提交，未保存任何数据",
    en="{count} fault(s) in the charge lines; correct them and send again, nothing was saved",
)
AMOUNT_MISMATCH = ProblemSpec(
    "claims.amount_mismatch",
    422,
    zh="数量乘单价（四舍五入到分）应为 {expected} 元，报文为 {found} 元",
    en="Quantity times unit price, rounded half-up to the fen, is {expected}, the line says {found}",
)
TOTAL_MISMATCH = ProblemSpec(
    "claims.total_mismatch",
    422,
    zh="各明细金额合计为 {expected} 元，总额为 {found} 元，两者必须相等",
    en="The lines add up to {expected}, the total says {found}; they must be equal",
)
NEGATIVE_QUANTITY = ProblemSpec(
    "claims.negative_quantity",
    422,
    zh="数量不能为负数；退费请从原明细中扣除后再提交",
    en="A quantity cannot be negative; take a refund off its original line before sending",
)
NEGATIVE_AMOUNT = ProblemSpec(
    "claims.negative_amount",
    422,
    zh="金额不能为负数；退费请从原明细中扣除后再提交",
    en="An amount cannot be negative; take a refund off its original line before sending",
)
NEGATIVE_PRICE = ProblemSpec(
    "claims.negative_price", 422, zh="单价不能为负数", en="A unit price cannot be negative"
)
CLASS_A_SELF_PAY = ProblemSpec(
    "claims.class_a_self_pay",
    422,
    zh="甲类项目没有先行自付，self_pay_rate 应为 0",
    en="Class A items have no up-front copay: self_pay_rate must be 0",
)
CHARGE_INVALID = ProblemSpec(
    "claims.charge_invalid", 422, zh="该行费用不符合要求", en="This charge line cannot be right"
)
BAD_ID_NUMBER = ProblemSpec(
    "claims.bad_id_number",
    422,
    zh="公民身份号码有误：应为 18 位且校验位正确（GB 11643），请核对读卡或录入",
    en="Not a valid citizen identity number: 18 digits with a right check digit (GB 11643)",
)
DATES_OUT_OF_ORDER = ProblemSpec(
    "claims.dates_out_of_order",
    422,
    zh="出院（就诊结束）日期 {discharged_on} 早于入院日期 {admitted_on}",
    en="The discharge date {discharged_on} is before the admission date {admitted_on}",
)
DISCHARGE_IN_FUTURE = ProblemSpec(
    "claims.discharge_in_future",
    422,
    zh="出院日期 {discharged_on} 晚于今天 {today}，请在出院后结算",
    en="The discharge date {discharged_on} is after today, {today}; settle after the discharge",
)
MAIN_DIAGNOSIS = ProblemSpec(
    "claims.main_diagnosis",
    422,
    zh="应有且只有一个主要诊断（main 为 true）",
    en="Exactly one diagnosis must be the main one (main: true)",
)
CHRONIC_CODE = ProblemSpec(
    "claims.chronic_code",
    422,
    zh="门诊慢特病就诊必须给出 chronic_code，其他就诊类型不能给出",
    en="chronic_code is required for chronic_outpatient visits and not allowed for others",
)
FOREIGN_FACILITY = ProblemSpec(
    "claims.foreign_facility",
    403,
    zh="令牌属于医疗机构 {own}，不能为其他机构 {facility_code} 结算",
    en="The token belongs to provider {own}; it cannot settle for {facility_code}",
)
UNKNOWN_PROVIDER = ProblemSpec(
    "claims.unknown_provider",
    404,
    zh="没有编码为 {facility_code} 的定点医疗机构，请核对编码或联系经办机构登记",
    en="No designated provider has the code {facility_code}; check it, or ask the agency to register it",
)
VISIT_TYPE_NOT_LICENSED = ProblemSpec(
    "claims.visit_type_not_licensed",
    409,
    zh="医疗机构 {facility_code} 未开通就诊类型 {visit_type}，请联系经办机构",
    en="Provider {facility_code} is not designated for visits of type {visit_type}; ask the agency",
)
PATIENT_NOT_FOUND = ProblemSpec(
    "claims.patient_not_found",
    404,
    zh="没有找到该身份号码的参保人，请核对证件，或请患者到参保地经办机构核实登记",
    en="No insured person has this ID number; check the card, or refer the patient to the agency",
)
NOT_ENROLLED = ProblemSpec(
    "claims.not_enrolled",
    409,
    zh="患者在 {day} 没有有效的城乡居民基本医疗保险参保记录，请按自费处理或请患者补办参保",
    en="The patient has no resident basic insurance on {day}; treat as self-paying or have it settled first",
)
PERSON_ELSEWHERE = ProblemSpec(
    "claims.person_elsewhere",
    409,
    zh="患者本人、家庭或参保县的年度累计额不在您的管辖范围内，请由参保地或上级经办机构办理",
    en="Accumulators of the person, the household or the county lie outside your jurisdiction; ask the agency"
    " of the county or above",
)
WAITING_PERIOD = ProblemSpec(
    "claims.waiting_period",
    409,
    zh="患者在 {day} 处于待遇等待期（{months} 个月，依据：{clauses}），{until} 起享受待遇，请按自费处理",
    en="On {day} the patient is in a waiting period of {months} months, by {clauses}; benefits begin on"
    " {until}. Treat as self-paying",
)
NO_POLICY = ProblemSpec(
    "claims.no_policy",
    409,
    zh="患者参保地 {division} 在 {day} 没有生效的待遇政策，请联系经办机构",
    en="No policy pack is in force for {division} on {day}; ask the agency",
)
VISIT_CONFLICT = ProblemSpec(
    "claims.visit_conflict",
    409,
    zh="就诊号 {visit_no} 已结算且内容不同；更正请先撤销原结算，新的就诊请使用新的就诊号",
    en="Visit {visit_no} is settled with other content; cancel that first, or use a new visit number",
)
TOO_MANY_LINES = ProblemSpec(
    "claims.too_many_lines",
    422,
    zh="一批最多 {limit} 行，请拆分后提交",
    en="At most {limit} lines a batch; split it",
)
EMPTY_BATCH = ProblemSpec("claims.empty_batch", 422, zh="批次中没有任何行", en="The batch has no line")
OUTSIDE_JURISDICTION = ProblemSpec(
    "claims.outside_jurisdiction",
    403,
    zh="行政区划 {division_code} 不在您的管辖范围内",
    en="Division {division_code} lies outside your jurisdiction",
)
AGENCY_ONLY = ProblemSpec(
    "claims.agency_only",
    403,
    zh="该数据只向经办和监管部门开放，医疗机构令牌不能查询",
    en="Open to agencies and supervisors only; a provider's token cannot read it",
)
UNKNOWN_THRESHOLD = ProblemSpec(
    "claims.unknown_threshold",
    404,
    zh="该县该年度没有编号为 {threshold} 的预警线，可用的有：{known}",
    en="The county has no threshold {threshold} in this year; known are: {known}",
)
ONE_BURDEN_FILTER = ProblemSpec(
    "claims.one_burden_filter",
    422,
    zh="over 与 min_amount 只能给出其中一个",
    en="Give either over or min_amount, not both",
)
RELAPSE_NOT_INSURED = ProblemSpec(
    "claims.relapse_not_insured",
    409,
    zh="{division} 在 {day} 的政策包没有防贫保，请核对区划和日期",
    en="The policy pack of {division} on {day} has no relapse insurance; check division and date",
)
RELAPSE_CLASS = ProblemSpec(
    "claims.relapse_class",
    422,
    zh="防贫保没有家庭类别 {household_class}，可用的有：{known}",
    en="The relapse insurance has no class {household_class}; known are: {known}",
)
RELAPSE_COUNTY_NEEDED = ProblemSpec(
    "claims.relapse_county_needed",
    422,
    zh="令牌管辖的不止一个县，请在 county 中给出县级区划代码",
    en="The token is for more than one county; give its code in county",
)
RELAPSE_PAYEE = ProblemSpec(
    "claims.relapse_payee",
    409,
    zh="领款人现在不是该家庭的成员，或不在您的管辖范围内",
    en="The payee is not now a member of the household, or lies outside your jurisdiction",
)
RELAPSE_NOTHING_DUE = ProblemSpec(
    "claims.relapse_nothing_due",
    409,
    zh="{year} 年个人负担 {own_payment} 元，已赔付 {already_paid} 元，没有应赔付的金额",
    en="On the own payment of {year}, {own_payment}, nothing is due beyond the {already_paid} already paid",
)
RELAPSE_CLAIM_OPEN = ProblemSpec(
    "claims.relapse_claim_open",
    409,
    zh="该家庭 {year} 年已有一件未办结的防贫保申请，请先办结",
    en="The household has a relapse claim for {year} that is not closed; close it first",
)
RELAPSE_STATE = ProblemSpec(
    "claims.relapse_state",
    409,
    zh="申请现处于 {state}，不能执行 {action}；只有处于 {allowed} 时可以",
    en="The claim is in state {state}, so {action} is not possible; it is from {allowed}",
)
RELAPSE_ABOVE_RECORD = ProblemSpec(
    "claims.relapse_above_record",
    409,
    zh="核实金额 {verified} 元高于系统记录的本年个人负担 {recorded} 元，请核对后重新核实",
    en="The verified cost {verified} is above the own payment on record, {recorded}; verify again",
)
RELAPSE_DAY = ProblemSpec(
    "claims.relapse_day",
    422,
    zh="日期应在 {first} 至 {last} 之间",
    en="The day must lie between {first} and {last}",
)
RELAPSE_NOTICE_RUNS = ProblemSpec(
    "claims.relapse_notice_runs",
    409,
    zh="公示尚未期满，{payable_from} 起可以审批",
    en="The public notice still runs; the claim can be approved from {payable_from} on",
)
RELAPSE_OBJECTIONS = ProblemSpec(
    "claims.relapse_objections",
    409,
    zh="有 {count} 件异议尚未答复或已成立，请先答复，异议成立的请重新入户核实或驳回申请",
    en="{count} objection(s) are unanswered or upheld; answer them, then verify again or reject the claim",
)
OBJECTION_CLOSED = ProblemSpec(
    "claims.objection_closed",
    409,
    zh="没有编号为 {no} 的异议，或该异议已答复",
    en="There is no objection {no}, or it is answered already",
)
SECOND_PERSON_NEEDED = ProblemSpec(
    "claims.second_person_needed",
    403,
    zh="{action} 须由另一人办理，不能与前一环节为同一人",
    en="{action} must be done by somebody other than the person of the step before",
)
NO_NOTICE = ProblemSpec(
    "claims.no_notice",
    409,
    zh="该申请没有公示",
    en="The claim has no public notice",
)
PROVIDER_NOT_DESIGNATED = ProblemSpec(
    "claims.provider_not_designated",
    409,
    zh="医疗机构 {facility_code} 在入院（就诊）日 {day} 不在定点有效期内，请联系经办机构",
    en="Provider {facility_code} is not designated on {day}, the day of admission; ask the agency",
)
LICENCE_DATES = ProblemSpec(
    "claims.licence_dates",
    422,
    zh="定点有效期止日 {valid_to} 应晚于起日 {valid_from}（止日当天不含）",
    en="The licence ends on {valid_to} (exclusive), which must be after {valid_from}",
)
LEVEL_WITHOUT_BEDS = ProblemSpec(
    "claims.level_without_beds",
    422,
    zh="村卫生室（0 级）没有床位，不能开通 {visit_type}",
    en="A village clinic (level 0) has no beds and cannot be designated for {visit_type}",
)
