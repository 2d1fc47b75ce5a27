"""Refusals of publishing: what to mend in a pack, or who has to decide first."""

from shared.problems import ProblemSpec

PACK_UNREADABLE = ProblemSpec(
    "claims.pack_unreadable",
    422,
    zh="无法读取政策包：{reason_zh}；未保存任何数据",
    en="The pack cannot be read: {reason_en}; nothing was saved",
)
PACK_INVALID = ProblemSpec(
    "claims.pack_invalid",
    422,
    zh="政策包有 {count} 处不符合要求，结构见 /v1/policy-packs/schema；未保存任何数据",
    en="The pack has {count} fault(s), see /v1/policy-packs/schema; nothing was saved",
)
PACK_FAULT = ProblemSpec("claims.pack_fault", 422, zh="此处有误：{reason_zh}", en="Wrong here: {reason_en}")
PACK_EXAMPLE_FAILS = ProblemSpec(
    "claims.pack_example_fails",
    422,
    zh="政策包的例题有 {count} 处与规则算得的结果不符；未保存任何数据",
    en="Worked examples differ from what the rules give in {count} place(s); nothing was saved",
)
EXAMPLE_AMOUNT = ProblemSpec(
    "claims.example_amount",
    422,
    zh="例题“{name}”：按规则算得 {found}，例题写的是 {stated}",
    en='Example "{name}": the rules give {found}, the example states {stated}',
)
EXAMPLE_OTHER_VERSION = ProblemSpec(
    "claims.example_other_version",
    422,
    zh="例题“{name}”的日期不归本版本管辖（当日生效的版本：{in_force}）",
    en='Example "{name}": another version is in force on its governing date ({in_force})',
)
PACK_MISMATCH = ProblemSpec(
    "claims.pack_mismatch",
    409,
    zh="与政策包 {pack} 已有版本不一致：同一政策包的辖区和 governing_date 必须相同",
    en="Unlike the versions of {pack} so far: a pack keeps its jurisdiction and its governing_date",
)
PACK_JURISDICTION_TAKEN = ProblemSpec(
    "claims.pack_jurisdiction_taken",
    409,
    zh="辖区 {jurisdiction} 已由政策包 {pack} 管辖，请发布该政策包的新版本",
    en="Jurisdiction {jurisdiction} belongs to the pack {pack}; publish a version of that",
)
PACK_VERSION_EXISTS = ProblemSpec(
    "claims.pack_version_exists",
    409,
    zh="政策包 {pack} 的 {version} 版本内容与此相同，无须再次发布",
    en="Version {version} of {pack} has this very content; there is nothing to publish",
)
PACK_DRAFT_WAITS = ProblemSpec(
    "claims.pack_draft_waits",
    409,
    zh="政策包 {pack} 的 {version} 版本已有待审草稿 {id}，请先审批或退回",
    en="A draft of version {version} of {pack} waits for approval ({id}); approve or reject that first",
)
PACK_DECIDED = ProblemSpec(
    "claims.pack_decided",
    409,
    zh="该版本已经处理（{state}），不能再次审批或退回",
    en="This version has been decided ({state}); it cannot be approved or rejected again",
)
PACK_SAME_PERSON = ProblemSpec(
    "claims.pack_same_person",
    403,
    zh="编制人不能审批自己编制的政策包，请由另一人审批",
    en="Whoever prepared a pack cannot approve it; another person has to",
)
PACK_STALE = ProblemSpec(
    "claims.pack_stale",
    409,
    zh="编制之后该政策包又有新的版本获批，差异对照已不准确；请退回后重新编制",
    en="Another version was approved since this was prepared, so its diff is out of date; prepare it again",
)
