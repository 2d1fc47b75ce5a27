"""docs/operations.md names every setting and every metric as it is."""

import importlib
import re
from typing import Any

from prometheus_client import REGISTRY
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from deploy.local.layout import ROOT, SERVICES
from services.claims.nhsa.settings import NhsaSettings
from services.claims.readjudication.settings import ReadjudicationSettings
from shared import settings

DOCUMENT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
CLASSES: tuple[type[BaseSettings], ...] = (
    settings.Settings,
    settings.WorkerSettings,
    NhsaSettings,
    ReadjudicationSettings,
)
PORTS = {"KANGFU_PORT": ("Settings", "port"), "KANGFU_WORKER_PORT": ("WorkerSettings", "worker_port")}


def table(mark: str) -> list[list[str]]:
    """The rows of the table behind a mark, by cells."""
    rows = DOCUMENT.partition(f"<!-- {mark} -->\n")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows]


def written(default: Any) -> str:
    """A default as the table writes it."""
    if default is PydanticUndefined:
        return "必填"
    if default is None:
        return "无"
    return str(default).lower() if isinstance(default, bool) else str(default) or "空"


def ports(kind: str, field: str) -> str:
    modules = [importlib.import_module(f"services.{service}.settings") for service in SERVICES]
    return "各服务 " + "、".join(str(getattr(module, kind).model_fields[field].default) for module in modules)


def test_every_setting_is_explained_with_its_default() -> None:
    expected = {
        f"{each.model_config['env_prefix']}{name}".upper(): written(field.default)
        for each in CLASSES
        for name, field in each.model_fields.items()
    }
    expected |= {name: ports(*where) for name, where in PORTS.items()}
    assert {row[0]: row[2] for row in table("settings")} == expected


def test_every_metric_is_explained() -> None:
    for module in ("shared.metrics", "shared.messaging.metrics", "services.claims.packs.live"):
        importlib.import_module(module)
    kept = {
        f"{metric.name}_total" if metric.type == "counter" else metric.name
        for metric in REGISTRY.collect()
        if metric.name.startswith("kangfu_")
    }
    explained = [name for row in table("metrics") for name in row[0].split("、")]
    assert sorted(explained) == sorted(kept)


def test_every_command_of_the_services_is_named() -> None:
    for service in SERVICES:
        app = importlib.import_module(f"services.{service}.__main__").app
        for command in app.registered_commands:
            name = command.name or ""
            if name in ("api", "worker", "openapi", "check-migrations", "check-pack"):
                continue
            assert re.search(rf"\b{name}\b", DOCUMENT), name
