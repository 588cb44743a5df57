"""The manifest for KubeRay is one that Kubernetes and the operator take, and fits what markerd says of itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from jsonschema import Draft202012Validator

from markerd import __version__

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = ROOT / "config" / "kubernetes" / "raycluster.yaml"
TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
COUNT = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
POD_TEMPLATE = {"type": "object", "required": ["spec"]}


def closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


# The fields and types of KubeRay's API ray.io/v1, `raycluster_types.go`: those that a manifest for markerd may have.
RAY_CLUSTER = closed(
    ["apiVersion", "kind", "metadata", "spec"],
    apiVersion={"const": "ray.io/v1"},
    kind={"const": "RayCluster"},
    metadata=closed(["name"], name={"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}),
    spec=closed(
        ["headGroupSpec"],
        rayVersion={"type": "string"},
        enableInTreeAutoscaling={"type": "boolean"},
        autoscalerOptions=closed(
            [], idleTimeoutSeconds=COUNT, upscalingMode={"enum": ["Default", "Aggressive", "Conservative"]}
        ),
        headGroupSpec=closed(
            ["rayStartParams", "template"],
            serviceType={"enum": ["ClusterIP", "NodePort", "LoadBalancer"]},
            rayStartParams=TEXTS,
            template=POD_TEMPLATE,
        ),
        workerGroupSpecs={
            "type": "array",
            "items": closed(
                ["groupName", "minReplicas", "maxReplicas", "rayStartParams", "template"],
                groupName={"type": "string"},
                replicas=COUNT,
                minReplicas=COUNT,
                maxReplicas=COUNT,
                numOfHosts=COUNT,
                rayStartParams=TEXTS,
                template=POD_TEMPLATE,
            ),
        },
    ),
)


@pytest.fixture(scope="module")
def parts() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(MANIFEST.read_text("utf-8")))


def templates(cluster: dict[str, Any]) -> list[dict[str, Any]]:
    spec = cluster["spec"]
    return [spec["headGroupSpec"]["template"], *(group["template"] for group in spec["workerGroupSpecs"])]


def test_cluster_is_one_of_the_operator(parts: list[dict[str, Any]]) -> None:
    """A misspelt field is an error here; the operator would drop it without a word."""
    validator = Draft202012Validator(RAY_CLUSTER)
    validator.validate(parts[0])
    spec = parts[0]["spec"]
    assert not validator.is_valid({**parts[0], "spec": {**spec, "autoscalerOption": {}}})
    assert not validator.is_valid({**parts[0], "spec": {**spec, "headGroupSpec": {"rayStartParams": {"num-cpus": 0}}}})


def test_pods_and_policy_are_what_kubernetes_knows(parts: list[dict[str, Any]]) -> None:
    """By the schemas of Kubernetes itself, strictly: no field that it does not have."""
    version = kubernetes_validate.latest_version()
    for template in templates(parts[0]):
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, "spec": template["spec"]}
        kubernetes_validate.validate(pod, version, strict=True)
        pod["spec"] = {**template["spec"], "container": []}
        with pytest.raises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(pod, version, strict=True)
    kubernetes_validate.validate(parts[1], version, strict=True)
    assert parts[1]["spec"]["podSelector"]["matchLabels"] == {"ray.io/cluster": parts[0]["metadata"]["name"]}


def test_every_node_demands_the_token_and_is_of_this_version(parts: list[dict[str, Any]]) -> None:
    """One without it would be open to whoever reaches its ports."""
    containers = [container for template in templates(parts[0]) for container in template["spec"]["containers"]]
    for container in containers:
        names = {variable["name"]: variable for variable in container["env"]}
        assert names["RAY_AUTH_MODE"]["value"] == "token"
        assert names["RAY_AUTH_TOKEN"]["valueFrom"]["secretKeyRef"]["name"] in documentation()
        assert container["image"].endswith(f":{__version__}")
    dependency = re.search(r'"ray>=([0-9.]+),', (ROOT / "pyproject.toml").read_text("utf-8"))
    assert dependency is not None
    assert parts[0]["spec"]["rayVersion"].startswith(dependency.group(1))


def documentation() -> str:
    return (ROOT / "docs" / "operate" / "scaling.md").read_text("utf-8")
