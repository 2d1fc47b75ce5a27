"""The manifests of deploy/kubernetes as the tests read them."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from deploy.local.layout import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"


class Loader(yaml.SafeLoader):
    """Refuses a key that is written twice, of which YAML readers keep one."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """A mapping whose keys are all different."""
        node = super().compose_mapping_node(anchor)
        keys = [key.value for key, _ in node.value]
        assert len(set(keys)) == len(keys), f"a key twice{node.start_mark}"
        return node


def _objects(file: Path) -> Iterator[dict[str, Any]]:
    for document in yaml.load_all(file.read_text(encoding="utf-8"), Loader):
        yield from document["items"] if document["kind"] == "List" else [document]


KUSTOMIZATION: dict[str, Any] = yaml.safe_load((FOLDER / "kustomization.yaml").read_text(encoding="utf-8"))
OBJECTS = [each for name in KUSTOMIZATION["resources"] for each in _objects(FOLDER / name)]


def of_kind(*kinds: str) -> dict[str, dict[str, Any]]:
    """The objects of some kinds by name."""
    return {each["metadata"]["name"]: each for each in OBJECTS if each["kind"] in kinds}


WORKLOADS = of_kind("Deployment", "Job")
CONFIGURATION: dict[str, dict[str, str]] = {name: each["data"] for name, each in of_kind("ConfigMap").items()}


def pod_of(workload: str) -> dict[str, Any]:
    """What runs: the specification of its pods."""
    pod: dict[str, Any] = WORKLOADS[workload]["spec"]["template"]["spec"]
    return pod


def labels_of(workload: str) -> dict[str, str]:
    """The labels of its pods."""
    labels: dict[str, str] = WORKLOADS[workload]["spec"]["template"]["metadata"]["labels"]
    return labels


def container_of(workload: str) -> dict[str, Any]:
    """The only container of its pods."""
    pod = pod_of(workload)
    assert "initContainers" not in pod
    [container] = pod["containers"]
    assert isinstance(container, dict)
    return container


def environment_of(workload: str, secret: Mapping[str, str], **site: str) -> dict[str, str]:
    """What the container finds: ConfigMaps, then its own list, where `$(NAME)` is an entry before it.

    Names that only help to put others together are left out. `site` replaces values of the ConfigMaps.
    """
    container = container_of(workload)
    found: dict[str, str] = {}
    for source in container.get("envFrom", []):
        found |= CONFIGURATION[source["configMapRef"]["name"]]
    own: dict[str, str] = {}
    parts: set[str] = set()
    for item in container["env"]:
        parts |= set(re.findall(r"\$\((\w+)\)", item.get("value", "")))
        own[item["name"]] = _value(item, own, secret, site)
    return {name: value for name, value in {**found, **own}.items() if name not in parts}


def _value(
    item: Mapping[str, Any], earlier: Mapping[str, str], secret: Mapping[str, str], site: Mapping[str, str]
) -> str:
    if "value" in item:
        return re.sub(r"\$\((\w+)\)", lambda match: earlier[match[1]], item["value"])
    [(source, wanted)] = item["valueFrom"].items()
    key: str = wanted["key"]
    if source == "secretKeyRef":
        assert wanted == {"name": "kangfu", "key": key}
        return secret[key]
    assert source == "configMapKeyRef"
    return site.get(key, CONFIGURATION[wanted["name"]][key])


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """True if a label selector (matchLabels, and matchExpressions with In) means these labels."""
    expressions = selector.get("matchExpressions", [])
    assert set(selector) <= {"matchLabels", "matchExpressions"}
    assert all(each["operator"] == "In" for each in expressions)
    return set(selector.get("matchLabels", {}).items()) <= set(labels.items()) and all(
        labels.get(each["key"]) in each["values"] for each in expressions
    )
