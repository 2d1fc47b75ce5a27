"""Apache Kafka where it cannot be had."""

from pathlib import Path

import pytest

from deploy.local import kafka
from deploy.local.layout import RunDir


def test_without_java_and_maven_the_refusal_has_its_own_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunDir(tmp_path)
    run.create()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(kafka.KafkaUnavailableError, match="java") as refusal:
        kafka.prepare(run, 59092, 59093)
    assert refusal.value.exit_code == 69
