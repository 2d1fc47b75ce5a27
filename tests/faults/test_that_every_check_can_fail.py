"""A check that has never failed proves nothing: each one is shown the damage that it is there to find."""

from dataclasses import replace

import pytest

from shared.clock import SystemClock, business_date
from tests.faults import corruptions, healing, operations
from tests.faults.checks import effects, properties
from tests.faults.checks.catalogue import PROPERTIES
from tests.faults.checks.properties import Connection
from tests.faults.checks.traces import TRACES
from tests.faults.history import Attempt, History, Operation, Outcome
from tests.faults.money import cases
from tests.faults.money.bank import Bank, File, Instruction
from tests.faults.money.offices import Offices
from tests.faults.preparation import facility_of, surely
from tests.faults.run import Run
from tests.faults.sample import villages
from tests.faults.seeds import rng

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
DAMAGE = [
    (service, sentence, statement)
    for service, own in corruptions.SERVICES.items()
    for sentence, statement in {**corruptions.EVERY_LOG, **own}.items()
]


@pytest.fixture(scope="module")
async def busy(run: Run) -> Run:
    """A run in which something was settled and redeemed."""
    for visit in run.set_aside[-3:]:
        await surely(run.client, run.history, operations.settlement(visit))
    village = villages(run.county)[-1]
    for step in run.serials.village_steps(village):
        await surely(run.client, run.history, step)
    await surely(run.client, run.history, operations.issue(village.code, run.serials.lines(village)))
    facility, today = facility_of(run.county, village.code), business_date(SystemClock().now()).isoformat()
    checkup = operations.redemption(facility, today, run.serials.pairs(village)[0])
    await surely(run.client, run.history, checkup)
    offices = Offices("busy", run.client, run.history, run.county, run.books, begin=650)
    for case in await cases.prepared(offices, run.set_aside[:30]):
        await case.carry_out()
    assert await run.heal() == []
    return run


async def found(connection: Connection, service: str, sentence: str, damage: str) -> list[str]:
    """What the check says while the damage is there; nothing of it stays."""
    [wanted] = [each for each in PROPERTIES[service] if each.sentence == sentence]
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(damage)
        return await properties.violations(connection, [wanted])
    finally:
        await transaction.rollback()


@pytest.mark.parametrize(("service", "sentence", "damage"), DAMAGE)
async def test_damage_to_a_property_is_found(busy: Run, service: str, sentence: str, damage: str) -> None:
    async with healing.administrators(busy.cluster.system) as connections:
        assert await found(connections[service], service, sentence, damage)


def test_there_is_damage_for_every_property() -> None:
    for service, wanted in PROPERTIES.items():
        damaged = {sentence for each, sentence, _ in DAMAGE if each == service}
        assert damaged == {each.sentence for each in wanted}


async def test_a_projection_that_missed_an_event_is_found(busy: Run) -> None:
    async with healing.administrators(busy.cluster.system) as connections:
        for service, table in (("claims", "insured_persons"), ("screening", "participants")):
            transaction = connections[service].transaction()
            await transaction.start()
            await connections[service].execute(
                f"UPDATE {table} SET version = version - 1 WHERE version = (SELECT max(version) FROM {table})"
            )
            assert await busy.replay.differences(connections)
            await transaction.rollback()


def operation(key: str, *answers: Attempt, must_fail: bool = False) -> Operation:
    """A settlement with these answers, which may be refused while nothing is due."""
    made = Operation(operations.SINGLE, "claims", "/", "role", key, b"", subjects=(key,), must_fail=must_fail)
    made.refusals = ("nothing_due",)
    made.attempts.extend(answers)
    return made


OK = Attempt(Outcome.OK, 201, b"one", False, "", 0.1)
REPLAYED = replace(OK, replayed=True)
REFUSED = Attempt(Outcome.FAIL, 422, b"no", False, "", 0.1)
NOTHING_DUE = replace(REFUSED, body=b"nothing_due")
OPEN = Attempt(Outcome.INFO, 0, b"", False, "ReadTimeout", 0.1)


@pytest.mark.parametrize(
    "wrong",
    [
        operation("done twice", OK, OK),
        operation("two answers", OK, replace(REPLAYED, body=b"other")),
        operation("done and refused", OK, REFUSED),
        operation("refused without reason, then done", REFUSED, OK),
        operation("done, and then nothing was due", OK, NOTHING_DUE),
        operation("refused without reason", REFUSED),
        operation("never answered", OPEN),
        operation("taken although it is wrong", OK, must_fail=True),
    ],
    ids=lambda wrong: wrong.key,
)
def test_a_wrong_history_is_found(wrong: Operation) -> None:
    history = History()
    history.add(operation("right", OPEN, OK, REPLAYED))
    history.add(operation("right as soon as something was due", NOTHING_DUE, OK, REPLAYED))
    history.add(operation("never due", OPEN, NOTHING_DUE))
    assert not effects.answered_twice_differently(history)
    assert not effects.wrong_outcomes(history)
    history.add(wrong)
    assert effects.answered_twice_differently(history) or effects.wrong_outcomes(history)


async def test_a_lost_an_unasked_for_and_a_doubled_effect_are_found(busy: Run) -> None:
    async with healing.administrators(busy.cluster.system) as connections:
        assert not await effects.lost_or_doubled(connections, busy.history)
        lost = History()
        lost.operations = [*busy.history.operations, operation("lost", OK)]
        assert await effects.lost_or_doubled(connections, lost)
        unasked = History()
        for kind in (operations.REDEMPTION, *(trace.kind for trace in TRACES)):
            unasked.operations = [each for each in busy.history.operations if each.kind != kind]
            found = await effects.lost_or_doubled(connections, unasked)
            assert bool(found) == bool(busy.history.of(kind)), kind


def test_a_payment_in_two_files_and_a_file_in_two_forms_are_found() -> None:
    bank, payment = Bank(), Instruction("1", 100)
    bank.take(File("a", [payment]), rng("bank"), may_fail=False)
    bank.take(File("a", [payment]), rng("bank"), may_fail=False)
    assert bank.wrong == []
    bank.take(File("b", [payment]), rng("bank"), may_fail=False)
    bank.take(File("a", []), rng("bank"), may_fail=False)
    assert len(bank.wrong) == 2


def test_the_same_seed_draws_the_same() -> None:
    assert rng("a").random() == rng("a").random() != rng("b").random()
