"""Run the HIS simulator, a program of its own that speaks only HTTP, and read what the hospitals saw."""

import json
import os
import sys
from pathlib import Path

from deploy.demo.api import DemoError
from deploy.demo.replies import HisSummary
from deploy.local import processes
from deploy.local.layout import ROOT, RunDir
from deploy.local.processes import Command

PART = "his-simulator"
_LIMIT_SECONDS = 600.0


def run(run_dir: RunDir, seed: int, visits: int) -> HisSummary:
    """Settle the visits; recorded like every part of the system, so that ``make down`` would stop it too."""
    summary = run_dir.root / "his-summary.json"
    summary.unlink(missing_ok=True)
    process = processes.spawn(run_dir, PART, _command(run_dir.root, seed, visits, summary), own_log=False)
    code = processes.exit_code(run_dir, PART, process, _LIMIT_SECONDS)
    if not summary.exists():
        raise DemoError(f"医院信息系统模拟程序没有完成（退出码 {code}）")
    return HisSummary.model_validate(json.loads(summary.read_text(encoding="utf-8")))


def _command(root: Path, seed: int, visits: int, summary: Path) -> Command:
    options = {"--run-dir": root, "--seed": seed, "--visits": visits, "--summary": summary}
    words = [text for name, value in options.items() for text in (name, str(value))]
    return Command([sys.executable, "-m", "deploy.demo.his", *words, "--quiet"], dict(os.environ), str(ROOT))
