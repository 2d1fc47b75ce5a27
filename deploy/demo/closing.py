"""The last part of the demonstration: the county's figures, what they prove, and where to look further."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.console import Console

from deploy.demo.county_figures import Ended
from deploy.demo.model import YEAR
from deploy.demo.replies import HisSummary, PlanReply
from deploy.demo.steps import reports
from deploy.demo.steps.coverage import Tried
from deploy.demo.steps.coverage import faults as coverage_faults
from deploy.demo.steps.imports import Imported
from deploy.demo.steps.proofs import Proof
from deploy.demo.stopwatch import Stopwatch
from deploy.demo.tables import (
    audit,
    day_close,
    events,
    funds,
    hospitals,
    imports,
    ledger,
    month,
    national,
    ncms,
    payments,
    readjudication,
    refusals,
    relapse,
    statement,
    vouchers,
    words,
)
from deploy.demo.tables.layout import Column, section, table
from deploy.demo.tables.verdict import Claim, show_times
from deploy.demo.tables.verdict import show as show_verdict
from deploy.demo.tables.words import count, word, yuan
from deploy.local.system import LocalSystem

_PROOFS = {"verify-audit": "审计链完整", "verify-ledger": "台账、累计额与支付明细重新计算一致"}
_EVERY_AMOUNT = "结算说明：由独立程序仅凭说明重新推算每一笔金额"
_UNITS = {"verify-audit": "条记录", "verify-ledger": "笔结算"}
_ROLES = {
    "registry_officer": "登记员：导入、修改本县登记",
    "registry_pii": "登记员，可看证件号码明文（留审计记录）",
    "registry_restricted": "专职人员，可看残疾类别等限制查阅的数据（留审计记录）",
    "agency": "医保经办机构：机构、复核、编制待遇政策包",
    "agency_approver": "医保经办审批：审批政策包和重新核算（与编制、提出不能为同一人）",
    "township": "乡镇政府：体检券",
    "finance": "财政经办：编制拨付、导出支付文件、导入银行回执",
    "finance_approver": "财政审批（与经办不能为同一人）",
    "province": "省级平台：只读、事件",
    "hospital:H99010100001": "县人民医院（每家医疗机构一个令牌）",
    "admin": "系统管理员",
}


class Loaded(NamedTuple):
    """What the first part brought into the system."""

    plan: PlanReply
    imported: list[Imported]
    tried: list[Tried]
    received: int


def show(
    watch: Stopwatch,
    system: LocalSystem,
    loaded: Loaded,
    seen: HisSummary,
    ended: Ended,
    claims: Sequence[Claim],
) -> None:
    """Print everything."""
    out, found = watch.out, ended.county
    section(out, "一站式结算单（抽取支付方最多、费用最高的一笔）")
    statement.show(out, found.statement)
    section(out, f"县月报表（{YEAR} 年）")
    month.show(out, found.months)
    section(out, f"基金运行与受益情况标准月报（{reports.MONTH}）")
    ncms.show(out, ended.report)
    section(out, "基金台账试算平衡表（单位：元）")
    ledger.show(out, found.balance)
    section(out, "基金情况与资金溯源（单位：元）")
    funds.show(out, ended.funds)
    section(out, "体检券覆盖与市级补助")
    vouchers.show_coverage(out, found.coverage, found.funding)
    if ended.corrected:
        section(out, "重新核算：低保补登后，本年结算的差额（试算，复核后记账）")
        readjudication.show(out, ended.corrected)
    if ended.payout:
        section(out, "防贫保：本年自付最高的一户，从预警到赔付")
        relapse.show(out, ended.payout)
    section(out, "稽核：按规则发现的疑点，告知、申辩、决定、扣减")
    audit.show(out, ended.audited)
    section(out, "日结：费用明细 = 台账 = 医疗机构对账单，离线核验")
    day_close.show(out, ended.closed)
    if ended.paid:
        section(out, "拨付定点医疗机构：一个支付批次，两人办理")
        payments.show(out, ended.paid)
    if ended.connected:
        section(out, "医保接口：一家医院用 /nhsa 接入，日结、对账、冲正")
        national.show(out, ended.connected)
    section(out, "事件（各进程启动以来）")
    events.show(out, ended.workers)
    section(out, "被拒绝的错误报文")
    refusals.show(out, seen, ended.vouchers)
    section(out, "用时")
    show_times(out, watch.steps)
    section(out, "结论")
    show_verdict(out, claims)
    if not imports.changed(loaded.imported) and not seen.settled:
        out.print("本次为重复运行：导入未改变任何数据，结算与体检券报文均识别为重复，没有重复记账。")
    section(out, "继续查看")
    _addresses(out, system)


def claims(visits: int, wanted_vouchers: int, loaded: Loaded, seen: HisSummary, ended: Ended) -> list[Claim]:
    """What the demonstration claims, each with what is wrong about it."""
    found = ended.county
    return [
        Claim(f"导入：正确的行全部接受，{_refused(loaded)} 行错误逐行拒绝", imports.faults(loaded.imported)),
        Claim("待遇：定点救治医院的救助限额更高，无慢特病认定的按普通门诊", coverage_faults(loaded.tried)),
        Claim(f"结算：{count(visits)} 次就诊全部结算一次且只结算一次", _settled(visits, seen, ended)),
        Claim("结算单：各方支付与个人负担之和等于总费用，逐项有依据", statement.faults(found.statement)),
        Claim("月报：各行收支相符，个人自付未超过控制目标", month.faults(found.months)),
        Claim("标准月报：本年累计等于各月之和，比率都有分子、分母", ncms.faults(ended.report, found.months)),
        Claim(f"台账：借方 = 贷方 = {yuan(found.balance.debits)} 元，分毫不差", _balanced(loaded, ended)),
        Claim(
            f"体检券：{count(wanted_vouchers)} 张全部发放并核销",
            vouchers.faults(ended.vouchers, wanted_vouchers, found.funding),
        ),
        Claim("医保接口：结算一次且只一次，冲正后迟到的报文不再受理，四个等式成立", ended.nhsa.faults),
        Claim(
            f"基金：到位 {yuan(loaded.received)} 元，应到位 = 到位 + 欠拨，每一分支出都有来源",
            funds.faults(ended.funds, loaded.received),
        ),
        *_reworked(ended),
        *_paid(ended),
        Claim("稽核：疑点逐条有依据和算式，扣减由另一人决定，退回各支付基金", audit.faults(ended.audited)),
        Claim(
            f"日结：{count(ended.closed.exported)} 笔记账导出后离线核验通过，改动一分钱即被发现",
            day_close.faults(ended.closed),
        ),
        *_paid_providers(ended),
        *_reconciled(ended),
        Claim("事件：全部送达，无落后、无搁置", events.faults(ended.workers)),
        *(_proven(proof) for proof in found.proofs),
        _derived(ended.verified, visits),
    ]


def _reworked(ended: Ended) -> list[Claim]:
    """The year that was worked out anew, where somebody's category came late."""
    if ended.corrected is None:
        return []
    back = readjudication.given_back(ended.corrected.posted)
    text = f"重新核算：补登低保后个人少负担 {yuan(back)} 元，先试算，再由另一人复核记账"
    return [Claim(text, readjudication.faults(ended.corrected))]


def _paid(ended: Ended) -> list[Claim]:
    """The payout of the relapse insurance, where a household has borne enough for one."""
    if ended.payout is None:
        return []
    amount = yuan(ended.payout.claim.payout or 0)
    return [
        Claim(f"防贫保：预警、核实、公示、审批后赔付 {amount} 元，三人经办", relapse.faults(ended.payout))
    ]


def _paid_providers(ended: Ended) -> list[Claim]:
    """The payment batch, where anything was due."""
    if ended.paid is None:
        return []
    text = f"拨付：{yuan(ended.paid.batch.payable)} 元付至医疗机构，编制与审批为两人，退回的一笔已重发"
    return [Claim(text, payments.faults(ended.paid))]


def _reconciled(ended: Ended) -> list[Claim]:
    """The hospital at the national interface, in the year of the sample's members."""
    if ended.connected is None:
        return []
    text = f"医保接口：{len(ended.connected.sheet.rows)} 项验收通过；应答丢失的一笔由对账查出，冲正后相符"
    return [Claim(text, national.faults(ended.connected))]


def _refused(loaded: Loaded) -> int:
    return len(imports.refusals(loaded.imported))


def _settled(visits: int, seen: HisSummary, ended: Ended) -> list[str]:
    """The hospitals' count, and that the county's table holds at least as many person-times."""
    found = hospitals.faults(seen, visits)
    counted = month.person_times(ended.county.months)
    if counted < visits:
        found.append(f"月报只有 {counted} 人次")
    return found


def _balanced(loaded: Loaded, ended: Ended) -> list[str]:
    """Debits and credits, and that the year's financing arrived in the ledger."""
    balance = ended.county.balance
    found = ledger.faults(balance)
    if ledger.raised(balance) != loaded.plan.total:
        found.append(
            f"台账应收筹资 {yuan(ledger.raised(balance))} 元，筹资方案为 {yuan(loaded.plan.total)} 元"
        )
    return found


def _proven(proof: Proof) -> Claim:
    service = word(words.SERVICES, proof.service)
    text = f"{service}服务：{_PROOFS[proof.command]}（{count(proof.checked)} {_UNITS[proof.command]}）"
    return Claim(text, _faults(proof))


def _derived(proof: Proof, visits: int) -> Claim:
    """Every settlement of the year was looked at, not only those that are right."""
    faults = _faults(proof)
    if proof.checked < visits:
        faults.append(f"只核验了 {proof.checked} 笔结算")
    return Claim(f"{_EVERY_AMOUNT}，核验 {count(proof.checked)} 笔结算：差异 0", faults)


def _faults(proof: Proof) -> list[str]:
    return [] if proof.right else proof.output.splitlines()[-3:]


def _addresses(out: Console, system: LocalSystem) -> None:
    rows = [
        (
            f"{word(words.SERVICES, name)} {name}",
            system.config.url(f"{name}-api"),
            f"{system.config.url(f'{name}-api')}/docs",
            f"{system.config.url(f'{name}-worker')}/metrics",
        )
        for name in words.SERVICES
    ]
    out.print(
        table([Column("服务"), Column("接口"), Column("接口文档（本机提供）"), Column("事件进程指标")], rows)
    )
    out.print(f"各角色的访问令牌在 {system.run.summary} 的 tokens 中：")
    out.print(table([Column("角色"), Column("用途")], list(_ROLES.items())))
