"""The container files against the code they run. Their syntax is checked by `make check-deploy`."""

import importlib
import re
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import pytest
import yaml

from deploy import new_env
from deploy.local.layout import ROOT, SERVICES

COMPOSE_TEXT = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
PROCESSES: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)["services"]
EXAMPLE = new_env.EXAMPLE.read_text(encoding="utf-8")
ENV = dict(line.split("=", 1) for line in new_env.fill(EXAMPLE).splitlines() if line and line[0] != "#")
IMAGE_ENV = dict(
    re.findall(r"(KANGFU_\w+)=(\S+)", (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8"))
)


def environment_of(process: str) -> Mapping[str, str]:
    """What the process finds in its environment: the image's, then compose's with variables filled in."""
    own = {
        name: re.sub(r"\$\{(\w+)(:[-?][^}]*)?\}", lambda match: ENV[match[1]], value)
        for name, value in PROCESSES[process]["environment"].items()
    }
    return {**IMAGE_ENV, **own}


def test_every_variable_of_the_compose_file_is_in_the_example() -> None:
    assert set(re.findall(r"\$\{(\w+)", COMPOSE_TEXT)) == set(ENV)


def test_no_two_generated_secrets_are_the_same_and_no_placeholder_is_left() -> None:
    generated = [value for name, value in ENV.items() if re.search(r"PASSWORD$|_KEY$", name)]
    assert len(set(generated)) == len(generated) == 12
    assert not any("<" in value for value in ENV.values())


def test_generated_passwords_need_no_quoting_in_an_address() -> None:
    assert all(re.fullmatch(r"[0-9a-f]{48}", value) for name, value in ENV.items() if "PASSWORD" in name)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(("kind", "settings"), [("api", "Settings"), ("worker", "WorkerSettings")])
def test_a_container_s_environment_is_all_that_its_process_needs(
    monkeypatch: pytest.MonkeyPatch, service: str, kind: str, settings: str
) -> None:
    for name, value in environment_of(f"{service}-{kind}").items():
        monkeypatch.setenv(name, value)
    read = getattr(importlib.import_module(f"services.{service}.settings"), settings)()
    assert read.host == "0.0.0.0"


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(("kind", "settings"), [("api", "Settings"), ("worker", "WorkerSettings")])
def test_no_process_is_given_a_setting_that_it_does_not_read(service: str, kind: str, settings: str) -> None:
    fields = getattr(importlib.import_module(f"services.{service}.settings"), settings).model_fields
    read = {f"KANGFU_{name}".upper() for name in fields} | {"KANGFU_HEALTH_URL"}
    assert set(PROCESSES[f"{service}-{kind}"]["environment"]) <= read


@pytest.mark.parametrize("service", SERVICES)
def test_no_process_knows_the_password_of_a_role_that_is_not_its_own(service: str) -> None:
    for kind in ("api", "worker"):
        addresses = [
            value for value in environment_of(f"{service}-{kind}").values() if "postgresql://" in value
        ]
        assert [address.split("://")[1].split(":")[0] for address in addresses] == [f"{service}_{kind}"]


def test_every_command_is_a_module_of_the_image() -> None:
    ours = {name: process for name, process in PROCESSES.items() if "build" in process}
    modules = [
        (process.get("entrypoint", ["", "", ""])[2] or process["command"][0]) for process in ours.values()
    ]
    assert len(modules) == 3 + 3 * len(SERVICES)
    assert all(find_spec(module) for module in modules)


def test_compose_runs_the_kafka_that_the_tests_run_on() -> None:
    pom = (ROOT / "deploy" / "kafka" / "pom.xml").read_text(encoding="utf-8")
    version = re.search(r"<artifactId>kafka_2.13</artifactId>\s*<version>([^<]+)</version>", pom)
    assert version is not None
    assert PROCESSES["broker"]["image"] == f"apache/kafka:{version[1]}"


def test_our_containers_cannot_write_to_their_image_or_gain_rights() -> None:
    for process in (process for process in PROCESSES.values() if "build" in process):
        assert process["read_only"] is True
        assert process["cap_drop"] == ["ALL"]
        assert process["security_opt"] == ["no-new-privileges:true"]
