"""The sample county 990101: about 12,000 households and 40,000 people, the same for the same seed."""

from collections.abc import Sequence
from itertools import count
from random import Random

from deploy.demo import condition, enrolment, families, hardship, names, places
from deploy.demo.id_numbers import IdNumbers
from deploy.demo.model import (
    COUNTY_CODE,
    SEED,
    County,
    Hardship,
    Household,
    Member,
    Person,
    Township,
    Village,
    age_of,
)

HOUSEHOLDS = 12_000
_HOUSEHOLD_PREFIX = f"58{COUNTY_CODE}"
_TOWN_WEIGHT, _TOWNSHIP_WEIGHT = (14, 22), (6, 13)
_ETHNICITIES = ("01", "07", "04", "33", "03", "06", "08", "15")
_ETHNICITY_WEIGHTS = (868, 52, 31, 19, 14, 8, 4, 4)
_MARRIED_ACROSS_PER_MILLE = 60
_MARRIED_IN = {"配偶", "之儿媳", "之女婿"}


class _Builder:
    """Carries what must be unique across the county while households are drawn one after another."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._id_numbers = IdNumbers()
        self._household_order = count(1)

    def household(self, village: Village, *, town: bool) -> Household:
        """One family with its hardship, names, numbers, health and memberships."""
        rng = self._rng
        structure = families.pick_structure(rng)
        members = structure.build(rng)
        exited = hardship.is_exited(rng, structure)
        record = hardship.draw(rng, members, exited=exited)
        household_no = f"{_HOUSEHOLD_PREFIX}{next(self._household_order):08d}"
        family, ethnicity = names.surname(rng), rng.choices(_ETHNICITIES, _ETHNICITY_WEIGHTS)[0]
        people = tuple(
            self._person(member, members, record, f"{household_no}{order:02d}", family, ethnicity, town)
            for order, member in enumerate(members, start=1)
        )
        return Household(household_no, village, _with_causes(rng, record, people), people)

    def _person(
        self,
        member: Member,
        members: Sequence[Member],
        record: Hardship,
        person_no: str,
        family: str,
        ethnicity: str,
        town: bool,
    ) -> Person:
        rng, age = self._rng, age_of(member.born)
        poor = bool(record.exited or record.aid or record.monitored)
        certificate = condition.disability(rng, age, poor=poor)
        state = condition.health(rng, age, poor=poor, disabled=certificate is not None)
        parentless = condition.parentless_child(member, members)
        employee = enrolment.employed(rng, member, town=town, poor=poor)
        return Person(
            person_no=person_no,
            name=names.full_name(rng, family if member.family_name else names.surname(rng), member.sex),
            id_number=self._id_numbers.next(member.born, member.sex),
            relation=member.relation,
            sex=member.sex,
            born=member.born,
            ethnicity=_ethnicity(rng, member, ethnicity),
            health=state,
            disability=certificate,
            categories=condition.categories(rng, record, state, certificate, parentless_child=parentless),
            enrolments=enrolment.enrolments(rng, member, employee=employee, poor=poor),
            phone=f"190000{int(person_no[8:16]) % 100_000:05d}" if member.relation == "户主" else "",
        )


def _ethnicity(rng: Random, member: Member, family: str) -> str:
    """Code of GB/T 3304; people who married in sometimes bring another one."""
    if member.relation in _MARRIED_IN and rng.randrange(1000) < _MARRIED_ACROSS_PER_MILLE:
        return rng.choices(_ETHNICITIES, _ETHNICITY_WEIGHTS)[0]
    return family


def _with_causes(rng: Random, record: Hardship, people: Sequence[Person]) -> Hardship:
    """Add the causes of poverty or risk; a household with an unpaid premium is written down as 因病."""
    if not (record.exited or record.monitored):
        return record
    disabled = any(person.disability for person in people)
    found = hardship.causes(rng, [person.health for person in people], disabled=disabled)
    unpaid = any(not any(each.year == enrolment.YEARS[1] for each in person.enrolments) for person in people)
    if unpaid and hardship.BY_ILLNESS not in found:
        found = (hardship.BY_ILLNESS, *found[:1])
    return record._replace(causes=found)


def _village_weights(rng: Random, townships: Sequence[Township]) -> list[int]:
    return [
        rng.randint(*(_TOWN_WEIGHT if _is_town(village) else _TOWNSHIP_WEIGHT))
        for township in townships
        for village in township.villages
    ]


def _is_town(village: Village) -> bool:
    return village.township_code[6] == "1"


def generate(seed: int = SEED, households: int = HOUSEHOLDS) -> County:
    """Draw the county. The same seed and number of households give the same county on every machine."""
    rng = Random(f"county/{seed}")
    townships = places.townships()
    villages = [village for township in townships for village in township.villages]
    drawn = rng.choices(villages, _village_weights(rng, townships), k=households)
    builder = _Builder(rng)
    found = tuple(builder.household(village, town=_is_town(village)) for village in sorted(drawn))
    return County(seed, townships, places.providers(), found)
