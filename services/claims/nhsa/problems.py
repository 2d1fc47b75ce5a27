"""Refusals of the HIS interface itself; in its own form they are infcode -1 with the code in err_msg.

What visits, settlements and reconciliation refuse keeps its own code.
"""

from shared.problems import ProblemSpec

MESSAGE_INVALID = ProblemSpec(
    "nhsa.message_invalid",
    422,
    zh="报文有 {count} 处不符合接口规范，未保存任何数据",
    en="The message has {count} fault(s); nothing was saved",
)
FIELD_TOO_LONG = ProblemSpec(
    "nhsa.field_too_long",
    422,
    zh="报文有 {count} 个字段超长，未保存任何数据；请按接口规范的长度截短后重发",
    en="{count} field(s) of the message are too long; nothing was saved, keep to the lengths of the standard",
)
UNKNOWN_INFNO = ProblemSpec(
    "nhsa.unknown_infno",
    422,
    zh="不支持交易 {infno}，支持的有：{known}",
    en="Transaction {infno} is not supported; known are: {known}",
)
BAD_MSGID = ProblemSpec(
    "nhsa.bad_msgid",
    422,
    zh="报文编号 msgid 有误：{reason_zh}",
    en="The msgid is wrong: {reason_en}",
)
MSGID_EXPIRED = ProblemSpec(
    "nhsa.msgid_expired",
    422,
    zh="报文编号中的时间早于 {days} 天前，平台已不保存这样的编号，无从判断它办过什么；"
    "新业务请校准时钟、换用新编号，撤销早先的结算请用 2208 或 2305",
    en="The time in the msgid is more than {days} days ago; such ids are no longer kept, so nobody can say"
    " what they did. For something new set the clock and take a new id; cancel an old settlement by 2208 or"
    " 2305",
)
MSGID_REUSED = ProblemSpec(
    "nhsa.msgid_reused",
    422,
    zh="报文编号已用于内容不同的报文，请换用新编号",
    en="This msgid was used for another message; take a new one",
)
STILL_RUNNING = ProblemSpec(
    "nhsa.still_running",
    409,
    zh="同一编号的报文正在处理，请稍后用同一编号再次查询",
    en="A message with this msgid is being processed; ask again later with the same msgid",
)
FOREIGN_INSTITUTION = ProblemSpec(
    "nhsa.foreign_institution",
    403,
    zh="令牌不属于医疗机构 {institution}，报文中的 fixmedins_code 必须是令牌所属的机构",
    en="The token does not belong to {institution}; fixmedins_code must be the token's own institution",
)
NOT_SIGNED_IN = ProblemSpec(
    "nhsa.not_signed_in",
    401,
    zh="签到流水号 sign_no 缺失、不属于本机构或已过期，请先做 9001 签到",
    en="The sign_no is missing, another institution's or expired; sign in by 9001 first",
)
BAD_SIGNATURE = ProblemSpec(
    "nhsa.bad_signature",
    401,
    zh="签名校验未通过：cainfo 应为对 cainfo 置空后的报文原文用本机构密钥计算的 HMAC-SM3",
    en="The signature is wrong: cainfo is the HMAC-SM3, under the institution's secret, of the message"
    " as sent with an empty cainfo",
)
NO_SIGNATURE = ProblemSpec(
    "nhsa.no_signature",
    401,
    zh="本平台要求签名：signtype 应为 SM3，cainfo 应为 64 位十六进制签名",
    en="This platform asks for signatures: signtype SM3 and 64 hexadecimal digits in cainfo",
)
STALE_MESSAGE = ProblemSpec(
    "nhsa.stale_message",
    401,
    zh="交易时间 inf_time 与平台时间相差超过 {seconds} 秒，请校准时钟",
    en="inf_time is more than {seconds} seconds from the platform's time; set the clock",
)
CERTIFICATE = ProblemSpec(
    "nhsa.certificate",
    422,
    zh="不能由该就诊凭证认出患者：电子凭证令牌（01）和社保卡卡号（03）由国家平台解析，请同时在 certno 中"
    "给出身份证号，或改用身份证（02），或先用身份证做一次 1101、以后凭 psn_no",
    en="The patient cannot be told from this voucher: tokens (01) and card numbers (03) are resolved by the"
    " national platform only; send the ID number in certno as well, use the identity card (02), or ask 1101"
    " by it once and go on with the psn_no",
)
CERT_TYPE = ProblemSpec(
    "nhsa.cert_type",
    422,
    zh="就诊凭证类型 {mdtrt_cert_type} 不支持，可用的有：{known}（01 电子凭证，02 身份证，03 社保卡）",
    en="mdtrt_cert_type {mdtrt_cert_type} is not supported; known are: {known} (01 electronic voucher,"
    " 02 identity card, 03 social security card)",
)
CERTIFICATES_DIFFER = ProblemSpec(
    "nhsa.certificates_differ",
    422,
    zh="mdtrt_cert_no 与 certno 是两个不同的身份证号，请核对患者和证件",
    en="mdtrt_cert_no and certno are two different ID numbers; check the patient and the card",
)
PSN_CERT_TYPE = ProblemSpec(
    "nhsa.psn_cert_type",
    422,
    zh="人员证件类型 {psn_cert_type} 的号码不能用来认人：本平台按 18 位公民身份号码登记，"
    "请在 certno 中给出身份证号（类型 01）",
    en="A number of psn_cert_type {psn_cert_type} names nobody here: people are registered by the citizen's"
    " number of 18 digits; send that in certno (type 01)",
)
OTHER_PERSON = ProblemSpec(
    "nhsa.other_person",
    422,
    zh="人员编号 psn_no 与就诊（或证件）不是同一人",
    en="psn_no is not the person of this visit or certificate",
)
UNKNOWN_VISIT = ProblemSpec(
    "nhsa.unknown_visit",
    404,
    zh="没有就诊 {mdtrt_id}，或它不属于本机构",
    en="There is no visit {mdtrt_id} of this institution",
)
WRONG_CARE = ProblemSpec(
    "nhsa.wrong_care",
    409,
    zh="就诊 {mdtrt_id} 是{care_zh}就诊，请使用相应的交易",
    en="Visit {mdtrt_id} is an {care_en} visit; use the transactions for those",
)
REGISTERED_ALREADY = ProblemSpec(
    "nhsa.registered_already",
    409,
    zh="住院（门诊）号 {number} 已登记，就诊编号为 {mdtrt_id}；请继续使用，或撤销后重新登记",
    en="Number {number} is registered as visit {mdtrt_id}; go on with it, or cancel it first",
)
VISIT_CANCELLED = ProblemSpec(
    "nhsa.visit_cancelled",
    409,
    zh="就诊 {mdtrt_id} 已撤销，不能再做此操作",
    en="Visit {mdtrt_id} is cancelled; this can no longer be done",
)
NO_VISIT_INFORMATION = ProblemSpec(
    "nhsa.no_visit_information",
    409,
    zh="就诊 {mdtrt_id} 还没有上传就诊信息，请先做 2203",
    en="Visit {mdtrt_id} has no visit information yet; send 2203 first",
)
MED_TYPE = ProblemSpec(
    "nhsa.med_type",
    422,
    zh="医疗类别 {med_type} 不支持，或不适用于本交易；可用的有：{known}",
    en="med_type {med_type} is not supported here; known are: {known}",
)
MED_TYPE_FIXED = ProblemSpec(
    "nhsa.med_type_fixed",
    409,
    zh="就诊 {mdtrt_id} 已有费用，不能再改医疗类别或病种；请先撤销费用",
    en="Visit {mdtrt_id} has charges; withdraw them before changing med_type or disease",
)
MIXED_VISITS = ProblemSpec(
    "nhsa.mixed_visits",
    422,
    zh="一个报文中的费用明细应属于同一次就诊、同一人",
    en="The charge lines of one message belong to one visit and person",
)
CHARGE_LEVEL = ProblemSpec(
    "nhsa.charge_level",
    422,
    zh="目录中没有 {code}，明细中的收费项目等级 chrgitm_lv 应为 01 甲类、02 乙类、03 自费之一",
    en="The catalogue does not list {code}; chrgitm_lv has to be 01 (class A), 02 (class B) or 03 (none)",
)
UNKNOWN_CHARGES = ProblemSpec(
    "nhsa.unknown_charges",
    404,
    zh="就诊 {mdtrt_id} 没有这样的费用明细或批次：{which}",
    en="Visit {mdtrt_id} has no such charges: {which}",
)
SETTLED_ALREADY = ProblemSpec(
    "nhsa.settled_already",
    409,
    zh="就诊 {mdtrt_id} 已结算，结算编号 {setl_id}；结果请用 5203 查询",
    en="Visit {mdtrt_id} is settled as {setl_id}; ask 5203 for the result",
)
NOT_SETTLED = ProblemSpec(
    "nhsa.not_settled",
    404,
    zh="没有结算 {setl_id}，或它不属于本机构的这次就诊",
    en="There is no settlement {setl_id} of this visit of this institution",
)
MID_SETTLEMENT = ProblemSpec(
    "nhsa.mid_settlement",
    422,
    zh="不支持中途结算（mid_setl_flag 为 1），请在出院时结算",
    en="Interim settlement (mid_setl_flag 1) is not supported; settle at discharge",
)
TOTAL = ProblemSpec(
    "nhsa.total",
    422,
    zh="{field} 为 {found} 元，已上传明细合计为 {expected} 元，两者必须相等",
    en="{field} says {found}, the uploaded lines add up to {expected}; they must be equal",
)
NOT_DISCHARGED = ProblemSpec(
    "nhsa.not_discharged",
    409,
    zh="就诊 {mdtrt_id} 没有出院办理，无可撤销",
    en="Visit {mdtrt_id} has no discharge to take back",
)
REVERSED_BEFORE_ARRIVAL = ProblemSpec(
    "nhsa.reversed_before_arrival",
    409,
    zh="报文在到达之前已被冲正（{by}），不再受理；请用新编号重新发起",
    en="The message was reversed before it arrived (by {by}) and is not taken any more; begin anew",
)
MESSAGE_REVERSED = ProblemSpec(
    "nhsa.message_reversed",
    409,
    zh="报文所做交易已被冲正（{by}），不再有效；请用新编号重新发起",
    en="What this message did was reversed (by {by}) and no longer holds; begin anew under another msgid",
)
REVERSED_TWICE = ProblemSpec(
    "nhsa.reversed_twice",
    409,
    zh="报文 {omsgid} 已冲正过（{by}），不能再次冲正",
    en="Message {omsgid} was reversed before (by {by}); it is reversed once",
)
REVERSES_REVERSAL = ProblemSpec(
    "nhsa.reverses_reversal",
    422,
    zh="冲正交易不能再冲正",
    en="A reversal cannot be reversed",
)
NOT_REVERSIBLE = ProblemSpec(
    "nhsa.not_reversible",
    409,
    zh="交易 {oinfno} 已成功，不能冲正；请改用：{instead_zh}",
    en="Transaction {oinfno} succeeded and cannot be reversed; instead: {instead_en}",
)
OTHER_INFNO = ProblemSpec(
    "nhsa.other_infno",
    422,
    zh="报文 {omsgid} 是交易 {found}，不是 {oinfno}",
    en="Message {omsgid} is a {found}, not a {oinfno}",
)
BAD_YEAR = ProblemSpec(
    "nhsa.bad_year",
    422,
    zh="cum_ym 应为年度（2026）或年月（202603）",
    en="cum_ym is a year (2026) or a month (202603)",
)
CLR_TYPE = ProblemSpec(
    "nhsa.clr_type",
    422,
    zh="清算类别 {clr_type} 不支持，可用的有：{known}",
    en="clr_type {clr_type} is not supported; known are: {known}",
)
DETAIL_COUNT = ProblemSpec(
    "nhsa.detail_count",
    422,
    zh="fixmedins_setl_cnt 为 {stated}，明细有 {found} 行，两者必须相等",
    en="fixmedins_setl_cnt says {stated}, the list has {found} lines; they must be equal",
)
