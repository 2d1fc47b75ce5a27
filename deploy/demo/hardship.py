"""Which households are registered with which hardship, and which of them carry several identities (S-12)."""

from collections.abc import Sequence
from random import Random

from deploy.demo.families import Structure
from deploy.demo.model import CHRONIC, MAJOR, Hardship, Member, age_of

UNSTABLE, MARGINAL, SUDDEN = "脱贫不稳定户", "边缘易致贫户", "突发严重困难户"
DIBAO, EXTREME_POVERTY, DIBAO_MARGIN = "农村低保", "特困供养", "低保边缘"
ORPHAN, ILLNESS_POVERTY = "孤儿", "因病致贫重病患者"

AID_CATEGORIES = {
    DIBAO: "dibao",
    EXTREME_POVERTY: "extreme_poverty",
    DIBAO_MARGIN: "dibao_margin",
    ORPHAN: "orphan",
    ILLNESS_POVERTY: "illness_poverty",
}
MONITORED_CATEGORIES = {
    UNSTABLE: "unstable_exited",
    MARGINAL: "marginal_at_risk",
    SUDDEN: "sudden_hardship",
}

_DIBAO_PER_MILLE_EXITED = 350
_DIBAO_PER_MILLE_OTHER = 22
_EXTREME_PER_MILLE_OF_OLD_SINGLES = 100
_MARGIN_PER_MILLE = 16
_MONITORED_PER_MILLE_EXITED = 75
_MONITORED_PER_MILLE_OTHER = 18
_RISK_REMOVED_PER_MILLE = 450
_OLD = 60
_CAUSES = ("因学", "因灾", "缺劳动力", "意外事故", "产业失败", "务工就业不稳", "其他")
_CAUSE_WEIGHTS = (16, 8, 22, 8, 12, 26, 8)
BY_ILLNESS, BY_DISABILITY = "因病", "因残"


def _chance(rng: Random, per_mille: int) -> bool:
    return rng.randrange(1000) < per_mille


def _aid(rng: Random, members: Sequence[Member], *, exited: bool) -> str:
    """One household aid at most: dibao, extreme poverty and the dibao margin exclude each other."""
    old_single = len(members) == 1 and age_of(members[0].born) >= _OLD
    if old_single and _chance(rng, _EXTREME_PER_MILLE_OF_OLD_SINGLES):
        return EXTREME_POVERTY
    if _chance(rng, _DIBAO_PER_MILLE_EXITED if exited else _DIBAO_PER_MILLE_OTHER):
        return DIBAO
    return DIBAO_MARGIN if _chance(rng, _MARGIN_PER_MILLE) else ""


def _monitored(rng: Random, *, exited: bool) -> str:
    if not _chance(rng, _MONITORED_PER_MILLE_EXITED if exited else _MONITORED_PER_MILLE_OTHER):
        return ""
    if _chance(rng, 350):
        return SUDDEN
    return UNSTABLE if exited else MARGINAL


def _months(rng: Random) -> tuple[str, str]:
    """Month of identification and, where the risk is gone, the month it was removed (at least 3 later)."""
    identified = 12 * rng.randint(2021, 2025) + rng.randrange(12)
    removed = identified + rng.randint(3, 16)
    last_known = 12 * 2025 + 11
    gone = _chance(rng, _RISK_REMOVED_PER_MILLE) and removed <= last_known
    return _month(identified), _month(removed) if gone else ""


def _month(count: int) -> str:
    return f"{count // 12}{count % 12 + 1:02d}"


def causes(rng: Random, health: Sequence[str], *, disabled: bool) -> tuple[str, ...]:
    """One main cause and sometimes a second, illness and disability where the household has them."""
    found = []
    if MAJOR in health or (CHRONIC in health and _chance(rng, 500)):
        found.append(BY_ILLNESS)
    if disabled:
        found.append(BY_DISABILITY)
    if not found or _chance(rng, 250):
        found.append(rng.choices(_CAUSES, _CAUSE_WEIGHTS)[0])
    return tuple(found[:2])


def is_exited(rng: Random, structure: Structure) -> bool:
    """Whether the household was registered as poor and has since left poverty (脱贫户)."""
    return _chance(rng, structure.poor_per_mille)


def draw(rng: Random, members: Sequence[Member], *, exited: bool) -> Hardship:
    """Aid and monitoring class of one household; its causes follow once its health is known."""
    aid = _aid(rng, members, exited=exited)
    monitored = "" if aid == EXTREME_POVERTY else _monitored(rng, exited=exited)
    identified, removed = _months(rng) if monitored else ("", "")
    return Hardship(exited, monitored, identified, removed, aid, ())


def household_categories(hardship: Hardship) -> list[str]:
    """Identifiers that every member of the household carries while its risk is not removed."""
    found = ["registered_poor"] if hardship.exited else []
    if hardship.monitored and not hardship.removed_month:
        found.append(MONITORED_CATEGORIES[hardship.monitored])
    if hardship.aid:
        found.append(AID_CATEGORIES[hardship.aid])
    return found
