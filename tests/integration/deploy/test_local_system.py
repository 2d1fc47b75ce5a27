"""A database and a broker of their own, in a temporary run directory."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from deploy.local import processes
from deploy.local.layout import ROOT, RunDir
from deploy.local.ports import is_free
from deploy.local.system import ANY_PORTS, LocalSystem, start
from deploy.topics import TOPICS
from shared.messaging import PARTITIONS
from tests.integration.deploy.conftest import SERVERS
from tests.support.waiting import wait_for


async def test_a_message_goes_through_the_broker(system: LocalSystem) -> None:
    server = system.config.broker
    consumer = AIOKafkaConsumer(*TOPICS, bootstrap_servers=server, auto_offset_reset="earliest")
    async with consumer, AIOKafkaProducer(bootstrap_servers=server, acks="all") as producer:
        await producer.send_and_wait("claims.events", b"settled", partition=PARTITIONS - 1)
        message = await asyncio.wait_for(consumer.getone(), 10)
    assert (message.topic, message.partition, message.value) == ("claims.events", PARTITIONS - 1, b"settled")


async def test_nothing_that_protects_data_from_kill_9_is_off(system: LocalSystem) -> None:
    connection = await asyncpg.connect(system.config.admin_dsn)
    names = ("fsync", "full_page_writes", "synchronous_commit", "data_checksums")
    assert {name: await connection.fetchval(f"SHOW {name}") for name in names} == dict.fromkeys(names, "on")
    await connection.close()


@pytest.mark.parametrize("role", ["api", "worker"])
async def test_a_service_role_can_neither_create_tables_nor_see_past_row_level_security(
    system: LocalSystem, role: str
) -> None:
    connection = await asyncpg.connect(system.config.dsn("claims", role))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("CREATE TABLE mine (id int)")
    rights = await connection.fetch(
        "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
    )
    assert [tuple(row) for row in rights] == [(False, False, False)]
    await connection.close()


async def test_a_service_role_cannot_enter_another_service_s_database(system: LocalSystem) -> None:
    foreign = system.config.dsn("claims", "api").removesuffix("/claims") + "/registry"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(foreign)


def test_a_second_start_changes_nothing(system: LocalSystem) -> None:
    before = system.pids()
    assert start(system.run.root, SERVERS).pids() == before


async def test_acknowledged_rows_survive_kill_9_of_the_database(system: LocalSystem) -> None:
    connection = await asyncpg.connect(system.config.dsn("claims", "owner"))
    await connection.execute("CREATE TABLE kept (id int)")
    await connection.execute("INSERT INTO kept VALUES (1)")
    backends = system.running()["database"].children()
    system.kill("database")
    assert not any(processes.alive(backend) for backend in backends)
    connection.terminate()
    system.restart("database")
    connection = await asyncpg.connect(system.config.dsn("claims", "owner"))
    assert await connection.fetchval("SELECT count(*) FROM kept") == 1
    await connection.close()


async def test_a_restarted_broker_has_its_topics_again(system: LocalSystem) -> None:
    system.kill("broker")
    system.restart("broker")
    async with AIOKafkaConsumer(bootstrap_servers=system.config.broker) as consumer:
        assert set(TOPICS) <= await consumer.topics()


async def test_a_restarted_broker_is_put_right_although_a_client_was_faster(system: LocalSystem) -> None:
    system.kill("broker")
    system.start_part("broker")
    wait_for(lambda: not is_free(system.options.ports["broker"]))
    async with AIOKafkaProducer(bootstrap_servers=system.config.broker) as early:
        await early.send_and_wait("claims.events", b"makes the broker create the topic")
    system.wait_ready(["broker"])
    async with AIOKafkaConsumer(*TOPICS, bootstrap_servers=system.config.broker) as consumer:
        assert len(consumer.partitions_for_topic("claims.events") or ()) == PARTITIONS


# A background job of a shell inherits that Ctrl-C is ignored, and `up` respects it.
AS_IN_A_TERMINAL = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_up_leaves_nothing_running(tmp_path: Path, number: signal.Signals) -> None:
    run = RunDir(tmp_path / "run")
    command = ["-m", "deploy.local", "up", "--only", ",".join(SERVERS), "--run-dir", str(run.root)]
    up = subprocess.Popen(
        [sys.executable, "-c", AS_IN_A_TERMINAL, *command],
        cwd=ROOT,
        env={**os.environ, "KANGFU_LOCAL_PORT_DATABASE": "0", "KANGFU_LOCAL_PORT_BROKER": "0"},
    )
    wait_for(lambda: processes.find(run, "initdb") is not None)
    started = [member for name in processes.recorded_names(run) if (member := processes.find(run, name))]
    up.send_signal(number)
    assert up.wait(20) == 128 + number
    assert len(started) == 2  # the broker and initdb
    assert not any(processes.alive(member) for member in started)
    assert processes.recorded_names(run) == []
    assert not run.database.exists()
    with start(run.root, SERVERS, ports=ANY_PORTS) as again:
        assert set(again.pids()) == set(SERVERS)
