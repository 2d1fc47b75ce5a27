"""``python -m deploy.demo run``: the platform's main job, from an empty machine to the county's figures."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.markup import escape

from deploy.demo import closing, county, exports, loops, visits, voucher_plan
from deploy.demo.api import Api, DemoError
from deploy.demo.county_figures import Ended, Worked, collect
from deploy.demo.enrolment import YEARS
from deploy.demo.model import SEED, YEAR, County
from deploy.demo.replies import HisSummary
from deploy.demo.steps import (
    audit,
    catching_up,
    coverage,
    financing,
    funds,
    hospitals,
    imports,
    national,
    nhsa,
    payments,
    proofs,
    providers,
    readjudication,
    relapse,
    reports,
    vouchers,
)
from deploy.demo.steps import closing as day_close
from deploy.demo.stopwatch import Stopwatch
from deploy.demo.tables import coverage as coverage_tables
from deploy.demo.tables import hospitals as hospital_tables
from deploy.demo.tables import imports as import_tables
from deploy.demo.tables import layout, verdict
from deploy.demo.tables import nhsa as nhsa_tables
from deploy.demo.tables import vouchers as voucher_tables
from deploy.demo.tables.words import count, yuan
from deploy.local import report, system
from deploy.local.interrupts import Interrupted, held, interruptible
from deploy.local.layout import DEFAULT_RUN_DIR, LocalSystemError, RunDir
from deploy.local.run_lock import locked
from deploy.local.system import LocalSystem
from shared.clock import SHANGHAI

_LAST_VISIT_DAY = date(YEAR, 10, 31)


class Wanted(NamedTuple):
    """What was asked for on the command line."""

    run_dir: Path
    seed: int
    visits: int
    vouchers: int
    broker: str | None
    database: str | None


def run(
    exit_: Annotated[bool, typer.Option("--exit", help="Stop the system at the end")] = False,
    seed: Annotated[int, typer.Option(help="Same seed, same county")] = SEED,
    visit_count: Annotated[int, typer.Option("--visits", min=1, help="Visits to settle")] = visits.VISITS,
    voucher_count: Annotated[
        int, typer.Option("--vouchers", min=2, help="Check-up vouchers to hand out and redeem, two a person")
    ] = 1_000,
    run_dir: Annotated[
        Path, typer.Option(envvar="KANGFU_LOCAL_RUN_DIR", help="State directory of the system")
    ] = DEFAULT_RUN_DIR,
    broker: Annotated[str | None, typer.Option(envvar="KANGFU_LOCAL_BROKER", help="As for make up")] = None,
    database: Annotated[
        str | None, typer.Option(envvar="KANGFU_LOCAL_DATABASE", help="As for make up")
    ] = None,
) -> None:
    """Run the main job and print the county's figures; exits with 1 if anything claimed is not so."""
    vouchers_wanted = voucher_count - voucher_count % len(YEARS)
    wanted = Wanted(run_dir, seed, visit_count, vouchers_wanted, broker, database)
    raise typer.Exit(_reported(layout.console(), wanted, stop_at_end=exit_))


def _reported(out: Console, wanted: Wanted, *, stop_at_end: bool) -> int:
    """Run, and turn failures and signals into a line and an exit code; the system is stopped if asked for."""
    try:
        with interruptible():
            try:
                return 0 if _demonstrate(out, wanted) else 1
            finally:
                # A second Ctrl-C must not cut the stopping short.
                with held():
                    if stop_at_end:
                        _stop(out, wanted.run_dir)
    except LocalSystemError as error:
        out.print(f"[bold red]演示中止：{escape(str(error))}[/bold red]")
        return error.exit_code
    except Interrupted as signal:
        out.print(f"[yellow]收到 {signal}，演示中止。" + ("" if stop_at_end else "系统可用 make down 停止。"))
        return signal.exit_code


def _demonstrate(out: Console, wanted: Wanted) -> bool:
    """All steps; True if everything that is claimed is so."""
    watch = Stopwatch(out)
    out.print(f"[bold]康扶 · 样例县 990101 全流程演示[/bold]（随机种子 {wanted.seed}，相同种子数据相同）")
    _check_clock()
    started = _start(watch, wanted)
    with watch.step("生成样例县与导入文件"):
        sample = county.generate(wanted.seed)
        files = exports.write_all(sample, started.run.demo)
        out.print(_described(sample) + f"；文件在 {files[0].path.parent}")
    loaded = loops.complete(_load(watch, started, sample, files))
    with watch.step(f"医院信息系统模拟：{count(wanted.visits)} 次就诊一站式结算"):
        seen = hospitals.run(started.run, wanted.seed, wanted.visits)
        hospital_tables.show(out, seen)
        if not seen.statement_id:
            raise DemoError(
                "没有一次就诊得到结算。系统中若有其他参数（--seed、--visits）的演示数据，请先 make reset"
            )
    ended = loops.complete(_end(watch, started, sample, wanted, seen))
    claims = closing.claims(wanted.visits, wanted.vouchers, loaded, seen, ended)
    closing.show(watch, started, loaded, seen, ended, claims)
    return verdict.holds(claims)


def _described(sample: County) -> str:
    villages = sum(len(township.villages) for township in sample.townships)
    return (
        f"{len(sample.townships)} 个乡镇，{villages} 个村，{len(sample.providers)} 家医疗机构，"
        f"{count(len(sample.households))} 户 {count(sample.people_count)} 人"
    )


def _check_clock() -> None:
    """The sample visits lie in the past; a machine that thinks otherwise would see them refused."""
    today = _today()
    if today <= _LAST_VISIT_DAY:
        raise DemoError(f"样例就诊截至 {_LAST_VISIT_DAY}，而本机日期为 {today}，请先校正系统时间")


def _today() -> date:
    return datetime.now(SHANGHAI).date()


def _start(watch: Stopwatch, wanted: Wanted) -> LocalSystem:
    """Start what does not run yet: database, broker, three APIs, three workers."""
    with watch.step("启动系统：PostgreSQL、消息代理、三个接口进程、三个事件进程"):
        began = watch.now()
        started = system.start(
            wanted.run_dir,
            broker=wanted.broker,
            database=wanted.database,
            ports=report.ports_from_environment(),
        )
        watch.out.print(f"系统就绪，用时 {watch.now() - began:.1f} 秒")
    return started


async def _load(
    watch: Stopwatch, started: LocalSystem, sample: County, files: list[exports.ImportFile]
) -> closing.Loaded:
    """Providers, financing, people and enrolment; until every consumer knows them."""
    async with Api(_local(started.run)) as api:
        with watch.step("登记医疗机构与年度筹资方案"):
            registered = await providers.register(api, sample.providers)
            designated = await coverage.designate(api)
            watch.out.print(f"已登记定点医疗机构 {registered} 家；县人民医院：{designated}")
            plan = await financing.plan(api, financing.enrolled(sample))
            import_tables.show_plan(watch.out, plan)
        with watch.step("导入人员与参保文件（公开导入接口）"):
            imported = await imports.run(api, files, watch.out)
            import_tables.show(watch.out, imported)
        with watch.step("登记事件送达结算与筛查服务"):
            await catching_up.wait(api, watch.out)
        with watch.step("定点救治与慢特病认定：同样的费用，两种待遇（预结算）"):
            tried = await coverage.run(api, sample)
            coverage_tables.show(watch.out, tried)
        with watch.step("登记到位资金（财政经办，另一人审批）"):
            received = await funds.receive(api, plan)
            watch.out.print(f"已到位并入账 {yuan(received)} 元，部分来源欠拨")
    return closing.Loaded(plan, imported, tried, received)


async def _end(
    watch: Stopwatch, started: LocalSystem, sample: County, wanted: Wanted, seen: HisSummary
) -> Ended:
    """What the offices do; then, when every consumer has caught up, everything that is printed."""
    async with Api(_local(started.run)) as api:
        worked = await _offices(watch, api, started, sample, wanted)
        with watch.step("等待全部事件处理完"):
            figures = await catching_up.wait(api, watch.out)
        with watch.step("读取全县数据，核验审计链与基金台账"):
            guests = voucher_plan.guests(sample, wanted.vouchers // len(YEARS))
            found = await collect(api, started, seen, guests, financing.enrolled(sample))
            report = await reports.run(api, sample.people_count)
            watch.out.print("已读取结算单、月报、试算平衡表、体检券覆盖，审计链与台账已重新计算")
        with watch.step("基金情况与资金溯源"):
            facts = await funds.read(api, seen.statement_id or "")
            watch.out.print("已读取各基金到位、支付、余额，以及抽取结算单的资金来源")
        with watch.step("独立核验：仅凭结算说明重新推算每一笔金额"):
            proof = await proofs.verify_explanations(started, _today())
            watch.out.print(escape(proof.output))
    return Ended(*worked, figures, found, proof, facts, report)


async def _offices(
    watch: Stopwatch, api: Api, started: LocalSystem, sample: County, wanted: Wanted
) -> Worked:
    """Township, agency, finance bureau and a newly connected hospital, one after the other."""
    folder = started.run.demo
    with watch.step(f"乡镇体检券：发放并核销 {count(wanted.vouchers)} 张"):
        done = await vouchers.run(api, sample, wanted.vouchers, watch.out)
        voucher_tables.show_count(watch.out, done)
    with watch.step("重新核算：一户低保补登到年初"):
        corrected = await readjudication.run(api, sample, folder, watch.out)
        watch.out.print("已试算、复核、记账" if corrected else "没有差额")
    with watch.step("县中医院经国家医保信息平台接口（/nhsa）办理一次住院"):
        exchanged = await nhsa.run(api, sample)
        nhsa_tables.show(watch.out, exchanged)
    with watch.step("防贫保：本年自付最高的一户"):
        payout = await relapse.run(api, _today())
        watch.out.print("已赔付" if payout else "没有家庭的自付超过起付线")
    with watch.step("稽核：一个月的结算，一条疑点从告知到扣减"):
        audited = await audit.run(api)
        watch.out.print(f"疑点 {count(audited.run.found)} 条")
    with watch.step("日结：三方核对、哈希链、导出与离线核验"):
        closed = await day_close.run_close(api, started, folder, _today())
        watch.out.print(f"第 {closed.close.no} 次日结，记账 {count(closed.close.transfers)} 笔")
    with watch.step("拨付：编制、审批、导出、银行回执，一笔退回重发"):
        paid = await payments.run(api, _today(), sample.providers)
        watch.out.print(f"已拨付 {len(paid.items)} 家医疗机构" if paid else "没有应付款")
    with watch.step("医保接口：一家医院用 /nhsa 接入、验收、日结、对账"):
        connected = await national.run(api, started, sample, folder, _today())
        watch.out.print("已对账" if connected else "样例参保年度已过，未演示")
    return Worked(done, corrected, exchanged, payout, audited, closed, paid, connected)


def _local(run_dir: RunDir) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run_dir.summary.read_text(encoding="utf-8"))
    return found


def _stop(out: Console, run_dir: Path) -> None:
    """Stop everything; data stay."""
    if not RunDir(run_dir).options.exists():
        return
    out.print("\n正在停止系统（进行中的请求先处理完）……")
    running = system.load(run_dir)
    with locked(running.run):
        stopped = running.stop()
    out.print(f"系统已停止（{len(stopped)} 个进程），数据保留在 {running.run.root}")
