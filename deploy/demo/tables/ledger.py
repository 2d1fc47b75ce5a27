"""The fund ledger's trial balance: every fund by itself, the accounts of the providers by level."""

from collections import defaultdict
from collections.abc import Iterator

from rich.console import Console

from deploy.demo.model import COUNTY_CODE
from deploy.demo.replies import Account, TrialBalance
from deploy.demo.tables import words
from deploy.demo.tables.layout import Column, Number, table
from deploy.demo.tables.words import LEVELS, word, yuan

_PROVIDER_ACCOUNTS = {
    "provider_due": "应付定点医疗机构",
    "provider_collected": "医疗机构已收个人自付",
    "borne_by_provider": "医疗机构自行承担",
    "provider_waived": "医疗机构减免（无人应付）",
    "provider_advance": "预拨医疗机构（未抵扣）",
}
_ORDER = (
    "bank",
    "financing_due",
    "fund",
    "risk_reserve",
    "outpatient_account",
    *_PROVIDER_ACCOUNTS,
    "patients",
    "card_due",
    "in_payment",
    "bank",
)


def show(out: Console, balance: TrialBalance) -> None:
    """Print the trial balance with its totals."""
    columns = [Column("科目"), Number("借方"), Number("贷方"), Number("余额"), Column("方向")]
    difference = balance.debits - balance.credits
    total = ("合计", yuan(balance.debits), yuan(balance.credits), yuan(abs(difference)), _side(difference))
    out.print(table(columns, _rows(balance), total))
    out.print("基金科目余额在借方，表示支出大于已入账的筹资；到位情况和欠拨见基金情况。")


def faults(balance: TrialBalance) -> list[str]:
    """Where debits and credits differ, by however little."""
    debits = sum(account.debits for account in balance.accounts)
    credits = sum(account.credits for account in balance.accounts)
    found = []
    if balance.debits != balance.credits:
        found.append(f"借方 {yuan(balance.debits)} 不等于贷方 {yuan(balance.credits)}")
    if (debits, credits) != (balance.debits, balance.credits):
        found.append("各科目之和不等于合计")
    return found


def raised(balance: TrialBalance) -> int:
    """What the sources of financing owe, in fen: the debits of the financing accounts."""
    return sum(each.debits for each in balance.accounts if each.account.startswith("financing_due:"))


def _rows(balance: TrialBalance) -> Iterator[tuple[str, ...]]:
    grouped: dict[str, list[Account]] = defaultdict(list)
    for account in balance.accounts:
        grouped[account.account.partition(":")[0]].append(account)
    for kind in sorted(
        grouped, key=lambda each: (_ORDER.index(each) if each in _ORDER else len(_ORDER), each)
    ):
        if kind in _PROVIDER_ACCOUNTS:
            yield from _by_level(kind, grouped[kind])
        else:
            yield from (_row(_name(each.account), [each]) for each in sorted(grouped[kind], key=_natural))


def _natural(account: Account) -> tuple[int, str]:
    """Payers and sources in their usual order, then by code."""
    usual = [*words.FUNDS, *words.SOURCES]
    name = account.account.split(":")[1]
    return usual.index(name) if name in usual else len(usual), account.account


def _by_level(kind: str, accounts: list[Account]) -> Iterator[tuple[str, ...]]:
    levels: dict[int, list[Account]] = defaultdict(list)
    for account in accounts:
        levels[words.provider_level(account.account.split(":")[1])].append(account)
    for level in sorted(levels, reverse=True):
        yield _row(f"{_PROVIDER_ACCOUNTS[kind]}·{LEVELS[level]}（{len(levels[level])} 家）", levels[level])


def _row(name: str, accounts: list[Account]) -> tuple[str, ...]:
    debits, credits = sum(each.debits for each in accounts), sum(each.credits for each in accounts)
    return name, yuan(debits), yuan(credits), yuan(abs(debits - credits)), _side(debits - credits)


def _side(balance: int) -> str:
    return "借" if balance > 0 else "贷" if balance < 0 else "平"


def _name(account: str) -> str:
    """The Chinese name of an account that is no provider's."""
    kind, *rest = account.split(":")
    year = f"（{rest[-1]} 年）" if rest and rest[-1] != COUNTY_CODE else ""
    if kind == "fund":
        return f"基金·{word(words.FUNDS, rest[0])}{year}"
    if kind == "financing_due":
        return f"应收筹资·{word(words.SOURCES, rest[0])}{year}"
    names = {
        "risk_reserve": "风险基金",
        "outpatient_account": "门诊家庭账户",
        "patients": "患者自付",
        "card_due": "应付个人（一卡通）",
        "in_payment": "支付在途",
        "bank": "基金专户存款",
        "risk_fund_owed": "应归还上级风险调剂金",
    }
    return f"{names[kind]}{year}" if kind in names else account
