"""The broker loses everything it holds, again and again, in the middle of imports."""

import asyncio

import pytest

from tests.faults.run import Run

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]


async def test_imports_take_effect_once_although_the_broker_loses_everything_meanwhile(
    run: Run,
) -> None:
    importing = asyncio.create_task(_import(run, files=8))
    for _ in range(3):
        await asyncio.sleep(0.8)
        await run.cluster.wipe_broker()
    await importing
    wrong = await run.heal()
    assert not wrong, "\n".join(wrong)


async def _import(run: Run, files: int) -> None:
    for _ in range(files):
        await run.import_changed(households=40)
        await asyncio.sleep(0.3)
