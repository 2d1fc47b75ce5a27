"""A hospital connects to the running system by the national interface, as the demonstration plays it."""

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from deploy import tokens
from deploy.conformance.sheet import PASSED
from deploy.demo.api import Api
from deploy.demo.model import YEAR
from deploy.demo.steps import national
from deploy.demo.tables.national import faults
from deploy.local.layout import ROOT
from shared.clock import SHANGHAI
from tests.e2e.conftest import Offices, Sample

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        datetime.now(SHANGHAI).year != YEAR, reason="the sample's members are enrolled for one year"
    ),
]


async def test_a_lost_reply_is_found_by_the_reconciliation_and_repaired(
    offices: Offices, sample: Sample, tmp_path: Path
) -> None:
    local = json.loads(offices.system.run.summary.read_text(encoding="utf-8"))
    today = datetime.now(SHANGHAI).date()
    async with Api(local) as api:
        connected = await national.run(api, offices.system, sample.county, tmp_path, today)
        assert connected is not None
        assert faults(connected) == []
        again = await national.run(api, offices.system, sample.county, tmp_path, today)
        assert again is not None
        assert faults(again) == []


def test_the_kit_ends_well_on_the_command_line_and_keeps_its_table(
    offices: Offices, sample: Sample, tmp_path: Path
) -> None:
    report = tmp_path / "table.txt"
    patient = national.people(sample.county)[0]
    command = [
        *(sys.executable, "-m", "deploy.conformance", "his"),
        *("--base-url", offices.system.config.url("claims-api")),
        *("--patient", patient.certno, "--report", str(report)),
        *("--token", tokens.mint_role(offices.system.config.issuer_key, "hospital:H99010100001")),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
    kept = report.read_text("utf-8")
    assert PASSED in kept
    assert patient.certno not in kept
