"""Only processes that were started here are ever found, and so only those are stopped."""

import json
import os
import signal
import sys
from dataclasses import asdict, replace
from pathlib import Path

import psutil
import pytest

from deploy.local import processes
from deploy.local.layout import LocalSystemError, RunDir
from deploy.local.processes import Command, Record
from tests.support.waiting import wait_for

SLEEP = "import time; time.sleep(60)"
DEAF = "import signal as s, time; s.signal(s.SIGTERM, s.SIG_IGN); print('deaf', flush=True); time.sleep(60)"


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    run = RunDir(tmp_path)
    run.create()
    return run


def python(code: str) -> Command:
    return Command([sys.executable, "-c", code], os.environ, "/")


def rewrite(run: RunDir, name: str, **changes: object) -> None:
    record = processes.read_record(run, name)
    assert record is not None
    (run.records / f"{name}.json").write_text(json.dumps(asdict(replace(record, **changes))))  # type: ignore[arg-type]  # names of Record's fields


def test_a_started_process_is_found_until_it_is_stopped(run: RunDir) -> None:
    process = processes.spawn(run, "sleeper", python(SLEEP))
    assert processes.find(run, "sleeper") == process
    processes.stop([process], [(signal.SIGTERM, 5.0)])
    assert processes.find(run, "sleeper") is None


def test_a_recycled_pid_is_a_stranger_because_it_started_at_another_time(run: RunDir) -> None:
    process = processes.spawn(run, "sleeper", python(SLEEP))
    rewrite(run, "sleeper", started=process.create_time() - 60)
    assert processes.find(run, "sleeper") is None
    processes.kill_tree(process)


def test_a_recycled_pid_is_a_stranger_because_it_runs_something_else(run: RunDir) -> None:
    process = processes.spawn(run, "sleeper", python(SLEEP))
    rewrite(run, "sleeper", command=["postgres", "-D", "elsewhere"])
    assert processes.find(run, "sleeper") is None
    processes.kill_tree(process)


def test_a_record_that_was_cut_off_names_nobody(run: RunDir) -> None:
    (run.records / "sleeper.json").write_text('{"name": "slee')
    assert processes.find(run, "sleeper") is None


def test_a_process_that_ignores_sigterm_is_killed_after_its_time(run: RunDir) -> None:
    process = processes.spawn(run, "deaf", python(DEAF))
    wait_for(lambda: "deaf" in processes.log_tail(run, "deaf"))
    processes.stop([process], [(signal.SIGTERM, 0.2)])
    assert not processes.alive(process)


def test_children_do_not_outlive_a_stopped_process(run: RunDir) -> None:
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEP!r}])"
    process = processes.spawn(run, "parent", python(code))
    wait_for(process.children)
    children = process.children()
    processes.stop([process], [(signal.SIGTERM, 5.0)])
    assert not any(processes.alive(child) for child in children)


def test_a_failed_job_shows_the_end_of_its_log_and_leaves_no_record(run: RunDir) -> None:
    with pytest.raises(LocalSystemError, match="no such tablespace"):
        processes.run_job(run, "job", python("raise SystemExit('no such tablespace')"), 10)
    assert processes.recorded_names(run) == []


def test_a_job_that_takes_too_long_is_ended(run: RunDir) -> None:
    with pytest.raises(LocalSystemError, match="took longer than"):
        processes.run_job(run, "job", python(SLEEP), 0.2)
    assert not any(SLEEP in " ".join(child.cmdline()) for child in psutil.Process().children())


def test_a_record_names_the_process_exactly(run: RunDir) -> None:
    process = processes.spawn(run, "sleeper", python(SLEEP), port=4711)
    assert processes.read_record(run, "sleeper") == Record(
        "sleeper", process.pid, process.create_time(), [sys.executable, "-c", SLEEP], 4711
    )
    processes.kill_tree(process)


def test_a_job_tells_its_exit_code_and_leaves_no_record(run: RunDir) -> None:
    process = processes.spawn(run, "job", python("raise SystemExit(7)"))
    assert processes.exit_code(run, "job", process, 20.0) == 7
    assert processes.recorded_names(run) == []


def test_a_program_may_write_where_we_write(run: RunDir, capfd: pytest.CaptureFixture[str]) -> None:
    process = processes.spawn(run, "talker", python("print('half way')"), own_log=False)
    processes.exit_code(run, "talker", process, 20.0)
    assert capfd.readouterr().out == "half way\n"
