"""All eight processes, started and stopped the way an operator does it."""

import json
import urllib.request

import pytest

from deploy.local.layout import PARTS, SERVICE_PARTS
from deploy.local.system import ANY_PORTS, LocalSystem, start

pytestmark = pytest.mark.e2e


def test_every_part_runs_and_says_that_it_is_ready(whole: LocalSystem) -> None:
    assert set(whole.pids()) == set(PARTS)
    for part in SERVICE_PARTS:
        with urllib.request.urlopen(f"{whole.config.url(part)}/readyz", timeout=5) as reply:
            assert reply.status == 200


def test_the_summary_names_what_runs_and_only_its_owner_can_read_it(whole: LocalSystem) -> None:
    summary = json.loads(whole.run.summary.read_text())
    assert summary["pids"] == whole.pids()
    assert summary["services"]["claims"]["api"] == whole.config.url("claims-api")
    assert whole.run.summary.stat().st_mode & 0o777 == 0o600


def test_a_second_up_starts_only_what_is_missing(whole: LocalSystem) -> None:
    before = whole.pids()
    whole.kill("claims-worker")
    after = start(whole.run.root, ports=ANY_PORTS).pids()
    assert after.pop("claims-worker") != before.pop("claims-worker")
    assert after == before


def test_a_service_comes_back_on_its_old_address_after_kill_9(whole: LocalSystem) -> None:
    whole.kill("registry-api")
    whole.restart("registry-api")
    with urllib.request.urlopen(f"{whole.config.url('registry-api')}/readyz", timeout=5) as reply:
        assert reply.status == 200
