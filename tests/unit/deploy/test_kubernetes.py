"""The manifests of deploy/kubernetes against the schemas of the API, compose.yaml, and our own rules."""

import re
from typing import Any

import kubernetes_validate
import pytest

from deploy.local.layout import ROOT, SERVICES
from shared.cli import GRACEFUL_SECONDS
from tests.unit.deploy import test_containers as containers
from tests.unit.deploy.manifests import (
    CONFIGURATION,
    FOLDER,
    KUSTOMIZATION,
    OBJECTS,
    WORKLOADS,
    container_of,
    environment_of,
    labels_of,
    of_kind,
    pod_of,
    selects,
)

DEPLOYMENTS, JOBS, NETWORK = of_kind("Deployment"), of_kind("Job"), of_kind("NetworkPolicy")
# What an installation has of its own; every other value is that of compose.yaml.
OF_THE_SITE = {"KANGFU_JWKS", "KANGFU_ISSUER", "KANGFU_BROKER", "KANGFU_TOPIC_REPLICATION"}
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")


def environment(workload: str) -> dict[str, str]:
    """The environment with the secrets of deploy/.env, as if PostgreSQL were that of compose.yaml."""
    return environment_of(workload, containers.ENV, KANGFU_DATABASE_HOST="database:5432")


def test_every_manifest_is_applied() -> None:
    files = {file.name for file in FOLDER.iterdir()}
    assert files == {"kustomization.yaml", *KUSTOMIZATION["resources"]}


# The oldest version that the manifests are written for, and the newest known.
@pytest.mark.parametrize("version", ["1.30", kubernetes_validate.latest_version()])
def test_every_object_is_what_the_api_server_takes(version: str) -> None:
    for each in OBJECTS:
        kubernetes_validate.validate(each, version, strict=True)


def test_a_field_that_the_api_does_not_know_is_noticed() -> None:
    wrong = {**OBJECTS[0], "metadata": {**OBJECTS[0]["metadata"], "lables": {}}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, kubernetes_validate.latest_version(), strict=True)


def test_nothing_of_the_same_kind_has_the_same_name() -> None:
    assert len({(each["kind"], each["metadata"]["name"]) for each in OBJECTS}) == len(OBJECTS)


def test_no_secret_is_in_the_repository() -> None:
    assert not of_kind("Secret")
    generated = {name for name in containers.ENV if re.search(r"PASSWORD$|KEYS?$", name)}
    assert not [name for data in CONFIGURATION.values() for name in data if name in generated]


def test_the_namespace_admits_restricted_pods_only() -> None:
    namespaces = of_kind("Namespace")
    assert set(namespaces) == {KUSTOMIZATION["namespace"]}
    labels = namespaces["kangfu"]["metadata"]["labels"]
    assert {labels[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "audit", "warn")} == {
        "restricted"
    }


@pytest.mark.parametrize("workload", WORKLOADS)
def test_a_pod_cannot_write_gain_rights_or_ask_the_cluster(workload: str) -> None:
    user = re.search(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE)
    assert user
    pod, container = pod_of(workload), container_of(workload)
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": int(user[1]),
        "runAsGroup": int(user[2]),
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container["securityContext"] == {
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    # No network, files or processes of the node.
    assert not [key for key in pod if key.startswith("host") or key == "shareProcessNamespace"]
    assert {key for volume in pod["volumes"] for key in volume} <= {"name", "emptyDir", "secret"}
    assert {"name": "tmp", "mountPath": "/tmp"} in container["volumeMounts"]
    assert {volume["name"] for volume in pod["volumes"]} == {
        mount["name"] for mount in container["volumeMounts"]
    }


@pytest.mark.parametrize("workload", WORKLOADS)
def test_a_pod_runs_what_compose_runs(workload: str) -> None:
    compose, container = containers.PROCESSES[workload], container_of(workload)
    assert "command" not in container
    assert container["args"] == compose["command"]
    assert container["image"] == containers.ENV["KANGFU_IMAGE"]
    assert container["image"].split(":")[0] in [image["name"] for image in KUSTOMIZATION["images"]]


def test_everything_of_compose_runs_here_but_the_trial_issuer() -> None:
    ours = {name for name, process in containers.PROCESSES.items() if "build" in process}
    assert set(WORKLOADS) == ours - {"issuer"}


@pytest.mark.parametrize("workload", WORKLOADS)
def test_a_container_gets_the_environment_that_compose_gives_it(workload: str) -> None:
    own = environment(workload)
    if any("postgresql://" in value for value in own.values()):
        # The server is outside the cluster: its name and its encryption are not compose's business.
        assert own.pop("PGSSLMODE") == "require"
    expected = dict(containers.environment_of(workload))
    # Docker runs its health check inside the container, the cluster asks from outside.
    del expected["KANGFU_HEALTH_URL"]
    image = {name: value for name, value in containers.IMAGE_ENV.items() if name != "KANGFU_HEALTH_URL"}
    actual = {**image, **own}
    assert set(actual) == set(expected)
    assert {name for name in actual if actual[name] != expected[name]} <= OF_THE_SITE


def test_services_are_not_announced_in_the_environment() -> None:
    assert all(pod_of(workload)["enableServiceLinks"] is False for workload in WORKLOADS)


def test_workers_read_the_feed_token_where_it_is_mounted_and_follow_when_it_is_renewed() -> None:
    for service in SERVICES:
        pod, container = pod_of(f"{service}-worker"), container_of(f"{service}-worker")
        file = environment(f"{service}-worker")["KANGFU_FEED_TOKEN_FILE"]
        directory, _, key = file.rpartition("/")
        assert {"name": "feed-token", "mountPath": directory, "readOnly": True} in container["volumeMounts"]
        assert {"name": "feed-token", "secret": {"secretName": "feed-token"}} in pod["volumes"]
        assert f"--from-file={key}=" in (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def test_the_secret_that_the_manual_makes_has_all_that_is_asked_of_it_and_no_more() -> None:
    manual = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    pattern = re.search(r"^grep -E '([^']+)' deploy/\.env \|$", manual, re.MULTILINE)
    assert pattern
    made = {name for name, value in containers.ENV.items() if re.match(pattern[1], f"{name}={value}")}
    asked = {
        item["valueFrom"]["secretKeyRef"]["key"]
        for workload in WORKLOADS
        for item in container_of(workload)["env"]
        if "secretKeyRef" in item.get("valueFrom", {})
    }
    assert made == asked


@pytest.mark.parametrize("workload", DEPLOYMENTS)
def test_a_process_has_the_time_and_memory_that_compose_gives_it(workload: str) -> None:
    compose, pod, container = containers.PROCESSES[workload], pod_of(workload), container_of(workload)
    assert f"{pod['terminationGracePeriodSeconds']}s" == compose["stop_grace_period"]
    assert container["resources"]["limits"] == {"memory": compose["mem_limit"].upper() + "i"}
    hook = container.get("lifecycle", {}).get("preStop", {"exec": {"command": ["sleep", "0"]}})
    before_the_signal = int(hook["exec"]["command"][1])
    assert before_the_signal + GRACEFUL_SECONDS < pod["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("workload", WORKLOADS)
def test_a_container_asks_for_cpu_and_memory_and_its_memory_is_limited(workload: str) -> None:
    resources = container_of(workload)["resources"]
    assert set(resources["requests"]) == {"cpu", "memory"}
    assert set(resources["limits"]) == {"memory"}


@pytest.mark.parametrize("workload", DEPLOYMENTS)
def test_a_process_is_probed_on_the_port_that_the_image_says(workload: str) -> None:
    container = container_of(workload)
    variable = "KANGFU_PORT" if workload.endswith("-api") else "KANGFU_WORKER_PORT"
    port = containers.IMAGE_ENV[variable]
    assert container["ports"] == [{"name": "http", "containerPort": int(port)}]
    assert port in re.findall(r"^EXPOSE (.+)$", DOCKERFILE, re.MULTILINE)[0].split()
    paths = {probe: container[probe]["httpGet"] for probe in container if probe.endswith("Probe")}
    assert paths == {
        "startupProbe": {"path": "/healthz", "port": "http"},
        "livenessProbe": {"path": "/healthz", "port": "http"},
        "readinessProbe": {"path": "/readyz", "port": "http"},
    }


@pytest.mark.parametrize("workload", DEPLOYMENTS)
def test_an_upgrade_starts_the_new_before_it_stops_the_old(workload: str) -> None:
    spec = DEPLOYMENTS[workload]["spec"]
    assert spec["replicas"] == (2 if workload.endswith("-api") else 1)
    assert spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert chosen(spec["selector"]) == [workload]


def chosen(selector: dict[str, Any]) -> list[str]:
    return [workload for workload in WORKLOADS if selects(selector, labels_of(workload))]


@pytest.mark.parametrize("service", SERVICES)
def test_an_api_is_reached_and_its_last_pod_is_not_evicted(service: str) -> None:
    api = f"{service}-api"
    spec = of_kind("Service")[api]["spec"]
    assert chosen({"matchLabels": spec["selector"]}) == [api]
    assert spec["ports"] == [{"name": "http", "port": 8000, "targetPort": "http"}]
    assert f'"{service}":"http://{api}:8000"' in environment("claims-worker")["KANGFU_FEEDS"]
    budget = of_kind("PodDisruptionBudget")[api]["spec"]
    assert (chosen(budget["selector"]), budget["maxUnavailable"]) == ([api], 1)


@pytest.mark.parametrize("workload", JOBS)
def test_a_job_ends_and_is_tried_as_often_as_in_compose(workload: str) -> None:
    restart, _, tries = containers.PROCESSES[workload]["restart"].partition(":")
    assert restart == "on-failure"
    assert JOBS[workload]["spec"]["backoffLimit"] == int(tries)
    assert pod_of(workload)["restartPolicy"] == "Never"


def test_the_steps_are_in_the_order_of_compose() -> None:
    steps = {each["metadata"]["name"]: int(each["metadata"]["labels"]["kangfu.step"]) for each in OBJECTS}
    assert {steps[name] for name in [*CONFIGURATION, *NETWORK]} == {1}
    for workload in WORKLOADS:
        for earlier in set(containers.PROCESSES[workload]["depends_on"]) & set(WORKLOADS):
            assert steps[earlier] < steps[workload]


def flows(workload: str, direction: str) -> set[tuple[str, int]]:
    """Whom the pods may talk to (egress) or be asked by (ingress), and on which port."""
    far = "to" if direction == "egress" else "from"
    return {
        (peer_name(peer), port["port"])
        for policy in NETWORK.values()
        if selects(policy["spec"]["podSelector"], labels_of(workload))
        and direction.capitalize() in policy["spec"]["policyTypes"]
        for rule in policy["spec"].get(direction, [])
        for peer in rule[far]
        for port in rule["ports"]
    }


def peer_name(peer: dict[str, Any]) -> str:
    """An address, a namespace, or a component of ours; KeyError for a rule that is open to more."""
    [(kind, choice)] = peer.items()
    if kind == "ipBlock":
        address, _, bits = str(choice["cidr"]).partition("/")
        assert bits == "32"
        return address
    [(label, value)] = choice["matchLabels"].items()
    assert (
        label
        == {
            "namespaceSelector": "kubernetes.io/metadata.name",
            "podSelector": "app.kubernetes.io/component",
        }[kind]
    )
    return str(value)


def test_without_a_rule_of_its_own_a_pod_can_neither_ask_nor_be_asked() -> None:
    [default] = [
        each["spec"] for each in NETWORK.values() if set(each["spec"]) == {"podSelector", "policyTypes"}
    ]
    assert default == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@pytest.mark.parametrize("workload", WORKLOADS)
def test_a_pod_reaches_what_its_environment_names_and_no_more(workload: str) -> None:
    database, broker = (
        CONFIGURATION["database"]["KANGFU_DATABASE_HOST"],
        CONFIGURATION["worker"]["KANGFU_BROKER"],
    )
    assert CONFIGURATION["api"]["KANGFU_JWKS"].startswith("https://id.kangfu.invalid/")
    needs = {
        "DATABASE_URL": ("192.0.2.10", int(database.rpartition(":")[2])),
        "KANGFU_BROKER": ("192.0.2.20", int(broker.rpartition(":")[2])),
        "KANGFU_JWKS": ("192.0.2.30", 443),
        "KANGFU_FEEDS": ("api", 8000),
    }
    names = environment(workload)
    expected = {flow for end, flow in needs.items() if any(name.endswith(end) for name in names)}
    assert flows(workload, "egress") == expected | {("kube-system", 53)}


@pytest.mark.parametrize("workload", WORKLOADS)
def test_only_apis_are_asked_and_metrics_are_read_by_the_monitoring_alone(workload: str) -> None:
    metrics = {("monitoring", 8000), ("monitoring", 8001)}
    requests = {("ingress-nginx", 8000), ("worker", 8000)}
    kind = workload.rpartition("-")[2]
    expected = {"api": metrics | requests, "worker": metrics}.get(kind, set())
    assert flows(workload, "ingress") == expected
