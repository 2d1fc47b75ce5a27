"""Apache Kafka itself, one node in KRaft mode on Java 17; its jars come from Maven Central."""

import base64
import hashlib
import os
import shutil
import signal
import uuid
from pathlib import Path

from deploy.local import processes
from deploy.local.layout import ROOT, LocalSystemError, RunDir

PART = "broker"
STOP_SIGNALS = ((signal.SIGTERM, 20.0),)

_PROJECT = ROOT / "deploy" / "kafka"
_JARS = _PROJECT / "target" / "lib"
_STAMP = _PROJECT / "target" / "resolved"
_MAVEN_SECONDS = 600.0
_FORMAT_SECONDS = 60.0


class KafkaUnavailableError(LocalSystemError):
    """Apache Kafka cannot be had on this machine: no Java, no Maven, or no way to Maven Central."""

    exit_code = 69  # EX_UNAVAILABLE of sysexits.h


def prepare(run: RunDir, port: int, controller_port: int) -> None:
    """Fetch the jars if they are not here, write the configuration, format the storage if it is new."""
    fetch_jars(run)
    run.kafka.mkdir(exist_ok=True)
    _configuration(run).write_text(_properties(run, port, controller_port), encoding="utf-8")
    if not (run.kafka / "data" / "meta.properties").exists():
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        command = _java(
            "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", str(_configuration(run))
        )
        processes.run_job(run, "kafka-format", command, _FORMAT_SECONDS)


def start(run: RunDir, port: int) -> None:
    """Start the broker; it answers after a few seconds."""
    processes.spawn(run, PART, _java("kafka.Kafka", str(_configuration(run))), port)


def wipe(run: RunDir) -> None:
    """Delete everything the broker ever stored."""
    shutil.rmtree(run.kafka, ignore_errors=True)


def fetch_jars(run: RunDir) -> None:
    """Resolve Apache Kafka's jars once; KafkaUnavailableError says what is missing."""
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            raise KafkaUnavailableError(
                f"--broker apache needs `{program}` (Java 17 and Maven), not found on PATH."
            )
    wanted = hashlib.sha256((_PROJECT / "pom.xml").read_bytes()).hexdigest()
    if _STAMP.exists() and _STAMP.read_text(encoding="utf-8") == wanted:
        return
    shutil.rmtree(_JARS, ignore_errors=True)
    argv = [
        "mvn",
        "--quiet",
        "--batch-mode",
        "--file",
        str(_PROJECT / "pom.xml"),
        "dependency:copy-dependencies",
    ]
    try:
        processes.run_job(run, "maven", processes.Command(argv, os.environ, str(ROOT)), _MAVEN_SECONDS)
    except LocalSystemError as error:
        raise KafkaUnavailableError(
            f"Apache Kafka could not be fetched: Maven Central cannot be reached or refuses.\n{error}"
        ) from error
    _STAMP.write_text(wanted, encoding="utf-8")


def _java(main_class: str, *arguments: str) -> processes.Command:
    options = [
        "-Xms256m",
        "-Xmx768m",
        "-XX:+UseG1GC",
        f"-Dlog4j2.configurationFile={_PROJECT / 'log4j2.xml'}",
    ]
    argv = ["java", *options, "-cp", f"{_JARS}/*", main_class, *arguments]
    return processes.Command(argv, os.environ, str(ROOT))


def _configuration(run: RunDir) -> Path:
    return run.kafka / "server.properties"


def _properties(run: RunDir, port: int, controller_port: int) -> str:
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "log.dirs": str(run.kafka / "data"),
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "8",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        # After kill -9 the broker may register again only when its old session is over: not after 9 s.
        "broker.heartbeat.interval.ms": "500",
        "broker.session.timeout.ms": "2000",
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())
