"""Who may read `/metrics`; and that pages, boards and rules name what is there."""

import json
import re
import shutil
import subprocess
from ipaddress import ip_network
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.test import override_settings as given
from prometheus_client.parser import text_string_to_metric_families

from tasks import metrics
from tasks.statistics.rollups import roll_up
from tasks.testing import run_due
from tasks.tests.factories import make_schedule
from tasks.tests.sample.tasks import add

ROOT = Path(settings.BASE_DIR)
OF_HISTOGRAM = ("_bucket", "_count", "_sum")
PROMTOOL = shutil.which("promtool")
with_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not on this machine")

TOKEN = given(METRICS_TOKEN="sesame", METRICS_ADDRESSES=[])
ADDRESSES = given(METRICS_TOKEN="", METRICS_ADDRESSES=[ip_network("10.0.0.0/8")])


def status(client: Client, **extra: str) -> int:
    return client.get("/metrics", **extra).status_code  # type: ignore[arg-type]


def test_in_production_it_is_off_unless_somebody_may_read_it(client: Client) -> None:
    with given(DEBUG=False):
        assert status(client) == 404


@pytest.mark.django_db
def test_in_development_it_is_there(client: Client) -> None:
    with given(DEBUG=True):
        answer = client.get("/metrics")

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")


@TOKEN
@pytest.mark.django_db
def test_with_a_token_it_wants_that_one(client: Client) -> None:
    assert status(client) == 401
    assert client.get("/metrics")["WWW-Authenticate"].startswith("Bearer")
    assert status(client, HTTP_AUTHORIZATION="Bearer other") == 401
    assert status(client, HTTP_AUTHORIZATION="Basic sesame") == 401
    assert status(client, HTTP_AUTHORIZATION="Bearer sesame") == 200


@ADDRESSES
@pytest.mark.django_db
def test_with_addresses_it_wants_one_of_them_and_no_proxy_between(client: Client) -> None:
    assert status(client, REMOTE_ADDR="192.0.2.1") == 403
    assert status(client, REMOTE_ADDR="10.1.2.3") == 200
    assert status(client, REMOTE_ADDR="10.1.2.3", HTTP_X_FORWARDED_FOR="10.1.2.3") == 403
    assert status(client, REMOTE_ADDR="nonsense") == 403


@TOKEN
@pytest.mark.django_db
def test_it_answers_under_any_host_and_over_plain_http(client: Client) -> None:
    with given(SECURE_SSL_REDIRECT=True):
        assert status(client, HTTP_AUTHORIZATION="Bearer sesame", HTTP_HOST="10.1.2.3:8000") == 200


@TOKEN
def test_it_is_only_read(client: Client) -> None:
    answer = client.post("/metrics", headers={"Authorization": "Bearer sesame"})

    assert answer.status_code == 405


def told() -> str:
    """Return what is told where there is something of everything."""
    add.enqueue(1, 2)
    make_schedule()
    run_due()
    roll_up()
    return metrics.exposition().decode()


def names(text: str) -> dict[str, str]:
    """Return the kind of each metric by its name, as a query would write it."""
    return {
        family.name + ("_total" if family.type == "counter" else ""): family.type
        for family in text_string_to_metric_families(text)
    }


@pytest.mark.django_db
def test_the_page_lists_just_what_is_told() -> None:
    page = (ROOT / "docs/observability.md").read_text()

    listed = re.findall(r"^\| `(tasks_\w+)` \| (\w+) \|", page, re.MULTILINE)

    assert sorted(listed) == sorted(names(told()).items())


def named_in(text: str) -> set[str]:
    """Return the metrics that queries name."""
    found = set(re.findall(r"\btasks_[a-z_]+", text))
    return {re.sub(f"({'|'.join(OF_HISTOGRAM)})$", "", name) for name in found}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["grafana/tasks.json", "prometheus/alerts.yml", "prometheus/adapter.yml"]
)
def test_boards_and_rules_name_only_what_is_told(path: str) -> None:
    named = named_in((ROOT / "deploy" / path).read_text())

    assert named
    assert named <= names(told()).keys()


@pytest.mark.once
def test_the_board_is_one_that_grafana_imports() -> None:
    board = json.loads((ROOT / "deploy/grafana/tasks.json").read_text())

    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            assert target["expr"]
            assert target["datasource"]["uid"] == "${datasource}"


@with_promtool
@pytest.mark.django_db
def test_promtool_accepts_what_is_told() -> None:
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=told(), capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


@with_promtool
@pytest.mark.once
def test_promtool_accepts_the_rules_and_the_configuration() -> None:
    folder = ROOT / "deploy/prometheus"
    for arguments in (["rules", "alerts.yml"], ["config", "--syntax-only", "prometheus.yml"]):
        done = subprocess.run(
            ["promtool", "check", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
