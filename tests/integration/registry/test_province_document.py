"""docs/province-integration.md says what is so: its commands are run, its tables are those of the code."""

import asyncio
import os
from pathlib import Path

import pytest
import yaml

from services.registry.imports.codes import accepted
from shared.messaging.kafka import Broker
from shared.messaging.publisher import Publisher
from shared.messaging.relay import Relay
from tests.integration.registry.conftest import Registry
from tests.support.documents import Shell, differences
from tests.support.servers import served
from tests.support.wire import running

DOCUMENT = (Path(__file__).parents[3] / "docs" / "province-integration.md").read_text(encoding="utf-8")
HEADINGS = yaml.safe_load(
    (Path(__file__).parents[3] / "services/registry/imports/headings.yaml").read_text(encoding="utf-8")
)
TABLES = {
    "户类型": "household_class",
    "监测对象类别": "monitored_class",
    "享受低保/特困政策情况": "aid",
    "健康状况": "health",
    "人员状态": "status",
    "与户主关系": "relation",
    "险种": "scheme",
}


def table(mark: str) -> list[list[str]]:
    """The rows of the table behind a mark, by cells."""
    rows = DOCUMENT.partition(f"<!-- {mark} -->\n")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows]


@pytest.mark.integration
async def test_every_example_of_the_province_s_guide_is_answered_as_shown(
    registry: Registry, tmp_path: Path
) -> None:
    platform = registry.platform
    apache = platform.system.options.broker == "apache"
    publisher = Publisher("registry", Broker(platform.broker, idempotence=apache))
    relay = Relay("registry", platform.worker_url("registry"), publisher)
    with served(platform, "registry") as address:
        environment = {
            **os.environ,
            "BASE": address,
            "OFFICER": platform.token("registry_officer"),
            "PROVINCE": platform.token("province"),
            "NO_PROXY": "*",
        }
        async with running(relay):
            wrong = await asyncio.to_thread(_differences, environment, tmp_path)
    assert not wrong, "\n\n".join(wrong)


def _differences(environment: dict[str, str], folder: Path) -> list[str]:
    with Shell(environment) as shell:
        shell.run(f"cd {folder}")
        return differences(shell, DOCUMENT)


@pytest.mark.parametrize("kind", HEADINGS)
def test_the_columns_of_the_guide_are_those_that_are_read(kind: str) -> None:
    assert table(f"headings {kind}") == [
        [column["headings"][0], "是" if column.get("required") else "否", "、".join(column["headings"][1:])]
        for column in HEADINGS[kind].values()
    ]


def test_the_values_of_the_guide_are_those_that_are_understood() -> None:
    assert table("values") == [[column, accepted(name)] for column, name in TABLES.items()]
