"""Why the screening service refuses a request, and what the caller can do about it."""

from shared.problems import ProblemSpec

UNKNOWN_PROGRAMME = ProblemSpec(
    "screening.unknown_programme",
    404,
    zh="没有这个筛查项目，可用的项目有：{known}",
    en="No such programme; known are: {known}",
)
NOT_IN_FORCE = ProblemSpec(
    "screening.programme_not_in_force",
    409,
    zh="项目 {programme} 自 {first_day} 起实施，请核对日期或年度",
    en="Programme {programme} is in force from {first_day} on; check the date or the year",
)
OUTSIDE_JURISDICTION = ProblemSpec(
    "screening.outside_jurisdiction",
    403,
    zh="区划 {division} 不在您的管辖范围内，请由其主管单位办理",
    en="Division {division} is outside your jurisdiction; its own office has to do this",
)
FUTURE_DATE = ProblemSpec(
    "screening.date_in_future",
    422,
    zh="日期不能晚于今天（{today}），请核对",
    en="The date must not be later than today ({today}); check it",
)
BAD_ID_NUMBER = ProblemSpec(
    "screening.bad_id_number",
    422,
    zh="证件号码不正确（应为 18 位且校验码相符），请核对证件",
    en="The ID number is not right (18 digits with a matching check digit); check the card",
)

# --- vouchers in bulk -------------------------------------------------------------------------------------
BAD_RANGE = ProblemSpec(
    "screening.bad_serial_range",
    422,
    zh="起始券号大于截止券号，请核对",
    en="The first serial is greater than the last one; check them",
)
SERIALS_PRINTED = ProblemSpec(
    "screening.serials_already_printed",
    409,
    zh="券号 {first}–{last} 中有已登记印制的券号，请换用未使用的号段",
    en="Some of the serials {first}–{last} are registered as printed already; use a free range",
)
SERIALS_EXHAUSTED = ProblemSpec(
    "screening.serials_exhausted",
    422,
    zh="该县该年度自动编号已用完（每年最多 {limit} 张），请在 first_serial 中指定号段",
    en="The automatic serials of this county and year are used up (at most {limit}); name first_serial",
)
BAD_CHAIN = ProblemSpec(
    "screening.not_in_custody_chain",
    422,
    zh="体检券只能在合作医疗办（6 位区划）、乡镇政府（9 位）、驻村干部（12 位）之间按隶属关系逐级交接，"
    "不能异地流通：{giver} → {receiver}",
    en="Vouchers pass step by step between office (6-digit division), township (9) and its village (12),"
    " never to another place: {giver} → {receiver}",
)
NOT_HELD = ProblemSpec(
    "screening.serials_not_held",
    409,
    zh="{giver} 手中没有券号 {first}–{last}（共缺 {missing} 张），请先核对该单位的结存",
    en="{giver} does not hold the serials {first}–{last} ({missing} missing); check its balance first",
)
MIXED_YEARS = ProblemSpec(
    "screening.serials_of_different_years",
    409,
    zh="券号 {first}–{last} 含有不同年度的体检券，请按年度分别交接",
    en="The serials {first}–{last} are of different years; hand over each year's vouchers separately",
)
RECEIPT_USED = ProblemSpec(
    "screening.receipt_already_used",
    409,
    zh="{giver} 已有编号为 {receipt_no} 的交接单，请核对是否重复登记",
    en="{giver} already has a hand-over with receipt {receipt_no}; check whether it is recorded twice",
)

# --- handing out to a person ------------------------------------------------------------------------------
PERSON_UNNAMED = ProblemSpec(
    "screening.person_unnamed",
    422,
    zh="请在 person_id 与 id_number 中填写且只填写一项",
    en="Give exactly one of person_id and id_number",
)
PERSON_NOT_FOUND = ProblemSpec(
    "screening.person_not_found",
    404,
    zh="登记库中没有此人，或不在您的管辖范围内；请先核对证件号码或在登记系统中登记",
    en="The registry has no such person in your jurisdiction; check the number or register the person first",
)
PERSON_AMBIGUOUS = ProblemSpec(
    "screening.person_ambiguous",
    409,
    zh="登记库中有多人使用该证件号码，请改用 person_id，并请登记部门更正",
    en="Several people are registered under this ID number; use person_id and have the registry corrected",
)
DECEASED = ProblemSpec(
    "screening.person_deceased",
    409,
    zh="登记库显示此人已死亡，不能发券；如有误请先更正登记",
    en="The registry records the person as dead; correct the registry if that is wrong",
)
NOT_ENROLLED = ProblemSpec(
    "screening.not_enrolled",
    409,
    zh="此人没有包含 {year} 年在内的连续 {years} 年参保记录，不能领用 {year} 年体检券；请核对参保登记",
    en="The person has no {years} consecutive enrolment years that include {year};"
    " check the enrolment register",
)
EXCLUDED = ProblemSpec(
    "screening.served_elsewhere",
    409,
    zh="不使用体检券：{route_zh}",
    en="No voucher for this person: {route_en}",
)
YEAR_TAKEN = ProblemSpec(
    "screening.year_already_issued",
    409,
    zh="此人已领用 {year} 年体检券（每人每年一张）",
    en="The person already has a voucher of {year} (one a year)",
)
SERIAL_ISSUED = ProblemSpec(
    "screening.serial_already_issued",
    409,
    zh="券号 {serial} 已发给个人，请换一张",
    en="The voucher {serial} has been handed out already; take another one",
)
NOT_IN_VILLAGE = ProblemSpec(
    "screening.serial_not_in_village",
    409,
    zh="券号 {serial} 不在此人所在村（{village}）驻村干部手中，请先办理交接",
    en="The voucher {serial} is not with the cadre of the person's village ({village}); hand it over first",
)
REPEATED_LINE = ProblemSpec(
    "screening.repeated_in_batch",
    422,
    zh="本批次前面的行已使用该券号或该人该年度的名额",
    en="An earlier line of this batch uses the same serial, or the same person and year",
)

# --- redemption -------------------------------------------------------------------------------------------
OTHER_FACILITY = ProblemSpec(
    "screening.other_facility",
    403,
    zh="访问令牌属于另一家机构，只能核销本机构收取的体检券",
    en="The token belongs to another facility; a facility redeems only the vouchers it collected",
)
WRONG_COUNT = ProblemSpec(
    "screening.wrong_voucher_count",
    422,
    zh="体检一次需 {needed} 张不同年度的体检券，收到 {given} 张",
    en="One check-up takes {needed} different vouchers; {given} given",
)
UNKNOWN_VOUCHER = ProblemSpec(
    "screening.voucher_not_issued",
    404,
    zh="券号 {serial} 没有发放记录，或不在您的管辖范围内；请核对券面号码",
    en="The voucher {serial} was never handed out in your jurisdiction; check the printed serial",
)
NOT_SAME_PERSON = ProblemSpec(
    "screening.vouchers_of_different_people",
    409,
    zh="这些体检券不属于同一个人，不能合用",
    en="The vouchers belong to different people and cannot be used together",
)
NOT_HOLDER = ProblemSpec(
    "screening.not_the_holder",
    409,
    zh="体检券不属于该证件号码的持有人，请核对本人证件",
    en="The vouchers do not belong to the person with this ID number; check the card",
)
NOT_CONSECUTIVE = ProblemSpec(
    "screening.years_not_consecutive",
    409,
    zh="体检券的年度（{years}）不连续，须使用连续年度的体检券",
    en="The vouchers' years ({years}) do not follow each other; use vouchers of consecutive years",
)
ALREADY_REDEEMED = ProblemSpec(
    "screening.already_redeemed",
    409,
    zh="券号 {serial} 已核销（核销记录 {redemption_id}），不能再次使用",
    en="The voucher {serial} has been redeemed (redemption {redemption_id}) and cannot be used again",
)
EXAMINED_TOO_EARLY = ProblemSpec(
    "screening.examined_before_issue",
    409,
    zh="体检日期早于发券日期（{issued_on}），请核对",
    en="The check-up is dated before the vouchers were handed out ({issued_on}); check the date",
)
ENROLMENT_LAPSED = ProblemSpec(
    "screening.enrolment_withdrawn",
    409,
    zh="登记库中此人在 {years} 年的参保记录已撤销，体检券失效；请核对参保登记",
    en="The person's enrolment in {years} was withdrawn, so the vouchers are void; check the register",
)
NO_PLACE = ProblemSpec(
    "screening.no_place_assigned",
    409,
    zh="乡镇 {township} 尚未指定体检机构，请先登记本乡镇卫生院或对口机构",
    en="No check-up place is assigned to township {township}; assign its hospital or a paired one first",
)
WRONG_PLACE = ProblemSpec(
    "screening.wrong_place",
    409,
    zh="体检券不能异地使用：{township} 居民的体检机构为 {allowed}",
    en="Vouchers are not valid at another place: people of {township} are examined at {allowed}",
)
UNKNOWN_ITEM = ProblemSpec(
    "screening.unknown_item",
    422,
    zh="项目中没有体检项“{item}”，可用的有：{known}",
    en='The programme has no item "{item}"; known are: {known}',
)
ITEMS_MISSING = ProblemSpec(
    "screening.items_missing",
    422,
    zh="必做体检项未完成：{missing}；完成后再核销",
    en="Required items are missing: {missing}; redeem after they are done",
)
