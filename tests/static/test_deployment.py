"""What runs the project in production, as it lies here: parsed, compared, held against schemas."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from tests.template import ENGINES, RAW, brought, documents, run

MANIFESTS = RAW / "deploy" / "kubernetes"
UNITS = sorted((RAW / "deploy" / "systemd").glob("*.service"))
OWN = {"web", "worker", "timer"}
# All that this project may be built from or run beside.
IMAGES = {"python:3.13-slim", "postgres:17", "redis:8", "axllent/mailpit:latest"}


def compose(engine: str, name: str) -> dict[str, Any]:
    """A Compose file of an engine."""
    text = brought(engine)[name].read_text("utf-8")
    baked = re.sub(r"\{\{.*?\}\}", "shop", text)
    [found] = documents(baked)
    return dict(found)


def without_redis(value: Any) -> Any:
    """The same, as if there were no Redis."""
    if isinstance(value, dict):
        return {
            key: without_redis(each) for key, each in value.items() if "redis" not in key.lower()
        }
    if isinstance(value, list):
        return [without_redis(each) for each in value if "redis" not in str(each).lower()]
    return value


@pytest.fixture(params=ENGINES)
def any_engine(request: pytest.FixtureRequest) -> str:
    """Each engine, offered or about to be."""
    return str(request.param)


@pytest.mark.parametrize("name", ["compose.yaml", "compose.production.yaml"])
def test_engines_differ_in_redis_alone(any_engine: str, name: str) -> None:
    assert without_redis(compose(any_engine, name)) == compose("database", name)


def test_a_redis_is_there_where_an_engine_wants_one(any_engine: str) -> None:
    text = brought(any_engine)["compose.yaml"].read_text("utf-8").lower()

    assert ("redis" in text) == (any_engine != "database")
    assert ("redis" in compose(any_engine, "compose.yaml")["services"]) == ("redis" in text)


def test_every_service_is_watched_and_may_end_in_peace(any_engine: str) -> None:
    services = compose(any_engine, "compose.yaml")["services"]

    assert {*services} - {"redis"} == {*OWN, "setup", "postgres", "mailpit", "sandbox"}
    for name, service in services.items():
        # mailpit's image brings its own check; `setup` is waited for.
        assert "healthcheck" in service or name in ("mailpit", "setup")
    for name in OWN:
        assert services[name]["init"] is True
        assert services[name]["depends_on"]["setup"]["condition"].endswith("successfully")
        assert "stop_grace_period" in services[name]


def test_nothing_is_published_beyond_this_machine_and_every_port_can_be_moved(
    any_engine: str,
) -> None:
    services = compose(any_engine, "compose.yaml")["services"]

    for service in services.values():
        for port in service.get("ports", []):
            assert re.fullmatch(r"127\.0\.0\.1:\$\{[A-Z]+_PORT:-\d+\}:\d+", port)


def test_production_publishes_neither_database_nor_redis(any_engine: str) -> None:
    services = compose(any_engine, "compose.production.yaml")["services"]

    for name in {"postgres", "redis"} & set(compose(any_engine, "compose.yaml")["services"]):
        assert services[name]["ports"] is None
    for name in {*services} - {"mailpit", "sandbox"}:
        service = services[name]
        assert service["cap_drop"] == ["ALL"]
        if name not in ("postgres", "redis"):
            assert (service["read_only"], service["user"]) == (True, "10001")
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["deploy"]["resources"]["limits"]["memory"]


def test_images_are_named_as_the_public_names_them(any_engine: str) -> None:
    services = compose(any_engine, "compose.yaml")["services"]
    dockerfile = (RAW / "Dockerfile").read_text("utf-8")

    used = {service["image"] for name, service in services.items() if "build" not in service}
    used |= set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE))
    assert used <= IMAGES
    assert "# syntax" not in dockerfile


@pytest.mark.skipif(
    subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode
    != 0
    if shutil.which("docker")
    else True,
    reason="no docker compose",
)
def test_compose_understands_its_files(any_engine: str, tmp_path: Path) -> None:
    for name in ("compose.yaml", "compose.production.yaml"):
        text = brought(any_engine)[name].read_text("utf-8")
        (tmp_path / name).write_text(re.sub(r"\{\{.*?\}\}", "shop", text), "utf-8")
    needed = dict.fromkeys(("ALLOWED_HOSTS", "SITE_URL", "EMAIL_URL", "PAYMENT_PROVIDER"), "x")
    production = ("--file", "compose.yaml", "--file", "compose.production.yaml")

    run("docker", "compose", "config", "--quiet", cwd=tmp_path)
    said = run("docker", "compose", *production, "config", cwd=tmp_path, env=needed)

    merged = documents(said)[0]["services"]
    assert not {"mailpit", "sandbox"} & set(merged)
    assert [name for name, service in merged.items() if service.get("ports")] == ["web"]


def manifests() -> list[dict[str, Any]]:
    """Every Kubernetes object."""
    texts = [path.read_text("utf-8") for path in sorted(MANIFESTS.glob("*.yaml"))]
    return [each for text in texts for each in documents(text)]


@pytest.mark.parametrize("manifest", manifests(), ids=lambda each: each["kind"])
def test_kubernetes_objects_follow_the_published_schemas(manifest: dict[str, Any]) -> None:
    if manifest["kind"] == "Kustomization":
        listed = {path.name for path in MANIFESTS.glob("*.yaml")} - {"kustomization.yaml"}
        assert set(manifest["resources"]) == listed
    else:
        kubernetes_validate.validate(manifest, "1.37", strict=True)


def test_workers_are_as_many_as_a_metric_says_that_the_adapter_brings() -> None:
    [scaler] = [each for each in manifests() if each["kind"] == "HorizontalPodAutoscaler"]
    [rules] = documents((RAW / "deploy" / "prometheus" / "adapter.yml").read_text("utf-8"))
    [worker] = [
        each
        for each in manifests()
        if each["kind"] == "Deployment" and each["metadata"]["name"] == "worker"
    ]

    [asked] = scaler["spec"]["metrics"]
    [told] = rules["externalRules"]
    assert asked["external"]["metric"]["name"] == told["name"]["as"]
    assert told["seriesQuery"] in (RAW / "tasks" / "metrics.py").read_text("utf-8")
    assert scaler["spec"]["scaleTargetRef"]["name"] == "worker"
    # Two that set it would undo each other's at every release.
    assert "replicas" not in worker["spec"]


@pytest.mark.skipif(not shutil.which("promtool"), reason="there is no promtool on this machine")
def test_prometheus_understands_what_the_adapter_asks(tmp_path: Path) -> None:
    [rules] = documents((RAW / "deploy" / "prometheus" / "adapter.yml").read_text("utf-8"))
    [rule] = rules["externalRules"]
    query = rule["metricsQuery"].replace("<<.Series>>", rule["seriesQuery"])
    asked = {"record": "asked", "expr": query.replace("<<.LabelMatchers>>", "")}
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "a", "rules": [asked]}]}))

    run("promtool", "check", "rules", tmp_path / "rules.yml", cwd=tmp_path)


def test_pods_may_do_no_more_than_they_must() -> None:
    pods = [
        each["spec"]["template"]["spec"]
        for each in manifests()
        if "template" in each.get("spec", {})
    ]

    assert len(pods) == 4
    for pod in pods:
        [container] = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["command"][:2] == ["python", "manage.py"]


def test_supervisors_wait_longer_than_a_worker_takes_to_stop() -> None:
    longest = 10 + 10  # seconds: its grace, then until it kills
    [worker] = [path.read_text("utf-8") for path in UNITS if path.stem == "shop-worker"]
    [pod] = [
        each["spec"]["template"]["spec"]
        for each in manifests()
        if each["kind"] == "Deployment" and each["metadata"]["name"] == "worker"
    ]
    service = compose("database", "compose.yaml")["services"]["worker"]

    assert int(re.findall(r"TimeoutStopSec=(\d+)", worker)[0]) > longest
    assert pod["terminationGracePeriodSeconds"] > longest
    assert int(service["stop_grace_period"].removesuffix("s")) > longest


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_systemd_understands_its_units(unit: Path, tmp_path: Path) -> None:
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch(mode=0o755)
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text("utf-8").replace("/srv/shop", str(tmp_path)), "utf-8")

    said = run("systemd-analyze", "verify", "--man=no", copy, cwd=tmp_path)

    assert unit.name not in said


def test_the_dockerfile_follows_good_practice() -> None:
    run("hadolint", "--failure-threshold", "info", RAW / "Dockerfile", cwd=RAW)


def test_an_image_takes_in_no_secret_and_nothing_of_this_machine() -> None:
    ignored = (RAW / ".dockerignore").read_text("utf-8").splitlines()

    assert {".env", ".env.*", "secrets/", ".git/", ".venv/", "var/", "*.sqlite3*"} <= set(ignored)
    assert "/secrets/" in (RAW / ".gitignore").read_text("utf-8").replace(
        "\nsecrets/", "\n/secrets/"
    )
