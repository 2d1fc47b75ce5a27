"""Rows of the provincial export: Chinese column headings of DOMAIN 3.4 and the texts under them."""

from collections.abc import Iterator, Mapping, Sequence

from deploy.demo.enrolment import EMPLOYEE, RESIDENT, SCHEME_NAMES
from deploy.demo.handbooks import ISSUER, Handbook
from deploy.demo.hardship import AID_CATEGORIES
from deploy.demo.id_numbers import disability_card
from deploy.demo.model import DISABLED, MALE, YEAR, Hardship, Household, Person, age_of
from deploy.demo.untidy import Untidy, old_number

PEOPLE = (
    "户编号",
    "人编号",
    "姓名",
    "证件号码",
    "与户主关系",
    "性别",
    "民族",
    "健康状况",
    "劳动技能",
    "在校生状况",
    "户类型",
    "监测对象类别",
    "行政村代码",
    "识别监测时间",
    "消除监测时间",
    "风险是否已消除",
    "风险消除方式",
    "致贫/返贫风险1",
    "致贫/返贫风险2",
    "是否参加城乡居民基本医疗保险",
    "是否参加城镇职工基本医疗保险",
    "是否参加大病保险",
    "享受低保/特困政策情况",
    "联系电话",
)
ENROLMENTS = ("人编号", "证件号码", "参保年度", "险种", "参保日期")
CERTIFICATES = (
    "人编号",
    "证件号码",
    "慢病病种编码",
    "认定日期",
    "有效期至",
    "慢性病手册编号",
    "认定机构",
)

YES, NO, NONE = "是", "否", "无"
EXITED, ORDINARY = "脱贫户", "一般户"
ETHNICITIES = {
    "01": "汉族",
    "03": "回族",
    "04": "藏族",
    "06": "苗族",
    "07": "彝族",
    "08": "壮族",
    "15": "土家族",
    "33": "羌族",
}
_AID_TEXTS = {category: text for text, category in AID_CATEGORIES.items()}

Row = tuple[str, ...]


def people_rows(households: Sequence[Household], untidy: Mapping[str, Untidy]) -> Iterator[Row]:
    """One row per person, in household order."""
    for household in households:
        shared = _household_texts(household.hardship)
        spell = untidy.get(household.household_no)
        for person in household.people:
            yield _person_row(household, person, shared, spell)


def _household_texts(record: Hardship) -> Row:
    monitored = bool(record.monitored)
    gone = bool(record.removed_month)
    first, second = (*record.causes, "", "")[:2]
    return (
        record.identified_month,
        record.removed_month,
        (YES if gone else NO) if monitored else "",
        "帮扶消除" if gone else "",
        first,
        second,
    )


def _person_row(household: Household, person: Person, shared: Row, spell: Untidy | None) -> Row:
    record = household.hardship
    resident = person.enrolled(YEAR, RESIDENT)
    return (
        household.household_no,
        person.person_no,
        person.name,
        _certificate_number(person, spell),
        person.relation,
        "男" if person.sex == MALE else "女",
        ETHNICITIES[person.ethnicity],
        person.health,
        _labour(person),
        _school(person),
        EXITED if record.exited else ORDINARY,
        record.monitored,
        household.village.code,
        *shared,
        YES if resident else NO,
        YES if person.enrolled(YEAR, EMPLOYEE) else NO,
        YES if resident else NO,
        aid_text(person.categories),
        person.phone,
    )


def _certificate_number(person: Person, spell: Untidy | None) -> str:
    """People with a disability certificate are listed with its 20-digit number, never in the old form."""
    if person.disability is None:
        return spell(person.id_number) if spell else person.id_number
    card = disability_card(person.id_number, person.disability)
    return spell(card) if spell and spell is not old_number else card


def aid_text(categories: Sequence[str]) -> str:
    """Texts of the aid identities of a person, joined by the ideographic comma; 无 when there is none."""
    found = [_AID_TEXTS[category] for category in categories if category in _AID_TEXTS]
    return "、".join(found) or NONE


def _labour(person: Person) -> str:
    age = age_of(person.born)
    if age < 16 or age >= 75 or (person.disability and person.disability.severe):
        return "无劳动力"
    if age >= 60 or person.health == DISABLED:
        return "弱劳动力或半劳动力"
    return "普通劳动力"


def _school(person: Person) -> str:
    """School stage by age; empty for grown-ups."""
    stages = ((6, "学龄前儿童"), (12, "小学"), (15, "初中"), (18, "高中"))
    age = age_of(person.born)
    return next((stage for below, stage in stages if age < below), "")


def enrolment_rows(households: Sequence[Household]) -> Iterator[Row]:
    """One row per person, year and scheme, with the plain 18-digit number."""
    for household in households:
        for person in household.people:
            for each in person.enrolments:
                yield (
                    person.person_no,
                    person.id_number,
                    str(each.year),
                    SCHEME_NAMES[each.scheme],
                    each.joined_on.isoformat(),
                )


def certificate_rows(households: Sequence[Household], handbooks: Mapping[str, Handbook]) -> Iterator[Row]:
    """One row per handbook; the end is left empty while it lasts."""
    for household in households:
        for person in household.people:
            handbook = handbooks.get(person.id_number)
            if handbook:
                yield (
                    person.person_no,
                    person.id_number,
                    handbook.disease.chronic_code,
                    handbook.recognised_on.isoformat(),
                    handbook.last_day.isoformat() if handbook.last_day else "",
                    handbook.number,
                    ISSUER,
                )
