"""The shop in containers keeps its promises: `make test-compose`, with a Docker engine."""

import json
import re
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from secrets import token_hex

import pytest

from deploy.tests.stack import (
    Stack,
    copy_of_the_project,
    docker_inspect,
    encoding,
    free_port,
    get,
    order_by_button,
    running,
    until,
)

COUNTS = """
import json
from collections import Counter
from emails.models import Email
from orders.models import Order
from tasks.models import LIVE, TaskRun
print(json.dumps({
    "orders": Counter(Order.objects.values_list("state", flat=True)),
    "mails": Counter(Email.objects.values_list("state", flat=True)),
    "live": TaskRun.objects.filter(status__in=LIVE).count(),
}))
"""
# It waits for the start of one by itself: another process would be there too late to see it run.
SLOW_ORDERS = """
import json, time
from demo import actions, sandbox
from tasks.models import RunStatus, TaskRun, Worker
held = TaskRun.objects.filter(status=RunStatus.RUNNING, name="orders.tasks.process_order")
for _ in range({number}):
    actions.fill_basket(card=sandbox.SLOW).order()
while (run := held.order_by("-started_at").first()) is None:
    time.sleep(0.05)
print(json.dumps(Worker.objects.get(pk=run.worker_id).host))
"""
CHARGES = """
import json
from demo.sandbox import Sandbox
from orders.models import Order
from tasks.models import TaskRun
runs = TaskRun.objects.filter(name="orders.tasks.process_order")
print(json.dumps({
    "charges": sum(charge.status == "succeeded" for charge in Sandbox().charges()),
    "confirmed": Order.objects.filter(state="confirmed").count(),
    "retried": runs.filter(crashes__gt=0).count(),
}))
"""

ENV_OF_A_SERVER = """
ALLOWED_HOSTS=shop.example.com
SITE_URL=https://shop.example.com
TRUST_PROXY=true
EMAIL_URL=smtp://smtp.example.com:587/?tls=true
PAYMENT_PROVIDER=orders.payments.PaymentProvider
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """`docker compose up` from a fresh clone: no `.env`, nothing typed before."""
    ports = ("WEB_PORT", "POSTGRES_PORT", "REDIS_PORT", "MAILPIT_PORT")
    fresh = Stack(
        folder=copy_of_the_project(tmp_path_factory.mktemp("compose")),
        name=f"test-{token_hex(4)}",
        environment={name: free_port() for name in ports},
    )
    with running(fresh):
        fresh.start("--build")
        yield fresh


@pytest.fixture(scope="module")
def site(stack: Stack) -> str:
    """Where the shop is."""
    return f"http://127.0.0.1:{stack.environment['WEB_PORT']}"


def settled(stack: Stack) -> dict[str, dict[str, int]] | None:
    """The orders and mails by state, once no task is left to run."""
    counts: dict[str, dict[str, int]] = stack.shell(COUNTS)
    return None if counts.pop("live") else counts


def test_the_seeded_orders_end_and_the_login_is_shown(stack: Stack) -> None:
    counts = until("the end of all tasks", partial(settled, stack))

    assert counts["orders"] == {"confirmed": 23, "declined": 4, "sold_out": 2}
    assert set(counts["mails"]) == {"sent"}
    assert "(log in as admin, password admin)" in stack.logs("setup")


def test_every_service_is_healthy(stack: Stack) -> None:
    listed = json.loads(
        "[" + ",".join(stack.compose("ps", "--format", "json").split("\n")[:-1]) + "]"
    )

    health = {each["Service"]: each["Health"] for each in listed}
    # A stand-in for mailpit may have no check of its own.
    health.pop("mailpit")
    assert {"web", "worker", "timer", "postgres"} <= set(health)
    assert set(health.values()) == {"healthy"}


def test_an_order_placed_over_http_is_confirmed_and_its_mail_arrives(
    stack: Stack, site: str
) -> None:
    customer = order_by_button(site)

    until("the confirmation", lambda: f'title="{customer}"' in get(f"{site}/live/")[1])
    until("the end of all tasks", partial(settled, stack))
    assert customer in received(stack, customer)


def received(stack: Stack, customer: str) -> str:
    """What the mail server holds for a customer."""
    address = stack.url("mailpit", 8025)
    if get(f"{address}/livez")[0] == 200:
        return get(f"{address}/api/v1/search?query=to:{customer}")[1].partition("messages")[2]
    # Not mailpit, but a plain server in its place: it writes what it was sent, at the latest when
    # it ends.
    stack.compose("kill", "--signal", "INT", "mailpit")
    said = until("the end of the mail server", lambda: stack.logs("mailpit"))
    stack.compose("start", "mailpit")
    return "".join(re.findall(r"To: .*", said))


def test_the_image_holds_no_tools_and_no_secrets_and_runs_as_nobody(stack: Stack) -> None:
    assert stack.inside("web", "sh", "-c", "command -v gcc cc make uv git", expect=None) == ""
    assert (
        stack.inside("web", "sh", "-c", "ls -d .env secrets .git .venv/bin/pytest", expect=None)
        == ""
    )
    assert "staticfiles.json" in stack.inside("web", "ls", "staticfiles")
    [web] = stack.containers("web")
    image = docker_inspect(web["Image"])
    assert image["Config"]["User"] == "10001"
    assert not [line for line in image["Config"]["Env"] if "KEY" in line or "PASSWORD" in line]


def test_a_worker_that_is_killed_at_work_loses_nothing(stack: Stack) -> None:
    stack.start("--scale", "worker=3")
    workers = {each["Config"]["Hostname"]: each["Id"] for each in stack.containers("worker")}
    assert len(workers) == 3

    # More than they can begin at once: there is work to lose for a while.
    victim = stack.shell(SLOW_ORDERS.format(number=40))
    subprocess.run(["docker", "kill", workers[victim]], capture_output=True, check=True)

    counts = until("the end of all tasks", partial(settled, stack))
    assert set(counts["orders"]) <= {"confirmed", "declined", "sold_out"}
    assert set(counts["mails"]) == {"sent"}
    charges = stack.shell(CHARGES)
    assert charges["charges"] == charges["confirmed"]
    assert charges["retried"] > 0, "the worker was killed too late to lose anything"


def test_who_is_told_to_stop_ends_what_it_does_and_exits_with_0(stack: Stack) -> None:
    stack.start("--scale", "worker=1")
    until("the end of all tasks", partial(settled, stack))
    before = stack.shell(CHARGES)
    stack.shell(SLOW_ORDERS.format(number=9))

    stack.compose("stop", "web", "worker", "timer")

    for service in ("web", "worker", "timer"):
        for each in stack.containers(service):
            assert each["State"]["ExitCode"] == 0, f"{service}\n{stack.logs(service)}"
    stack.start()
    until("the end of all tasks", partial(settled, stack))
    after = stack.shell(CHARGES)
    assert after["confirmed"] == after["charges"] == before["confirmed"] + 9
    assert after["retried"] == before["retried"], "what ran when it was told to stop ran twice"


def test_a_database_that_is_away_is_said_and_waited_for(stack: Stack, site: str) -> None:
    stack.compose("stop", "postgres")
    assert get(f"{site}/readyz") == (503, "The database does not answer.\n")
    assert get(f"{site}/livez") == (200, "ok\n")

    stack.compose("start", "postgres")
    until("readiness", lambda: get(f"{site}/readyz")[0] == 200)
    order_by_button(site)
    counts = until("the end of all tasks", partial(settled, stack))
    assert set(counts["mails"]) == {"sent"}
    for service in ("worker", "timer"):
        assert all(each["RestartCount"] == 0 for each in stack.containers(service))


def test_a_new_image_keeps_the_data(stack: Stack, site: str) -> None:
    before = stack.shell(COUNTS)["orders"]
    [old] = stack.containers("web")
    page = stack.folder / "templates" / "base.html"
    page.write_text(page.read_text("utf-8") + "<!-- the next release -->\n", "utf-8")

    stack.start("--build")

    [new] = stack.containers("web")
    assert new["Image"] != old["Image"]
    assert "the next release" in get(f"{site}/")[1]
    assert stack.shell(COUNTS)["orders"] == before


def test_what_is_saved_runs_a_moment_later(stack: Stack, site: str) -> None:
    with stack.watching():
        page = stack.folder / "templates" / "base.html"
        page.write_text(page.read_text("utf-8") + "<!-- just saved -->\n", "utf-8")

        until("the new page", lambda: "just saved" in get(f"{site}/")[1])


def test_a_project_that_is_made_anew_opens_its_old_database(stack: Stack, site: str) -> None:
    # Not the shop itself: the watching of the test before may be starting it once more.
    count = ("psql", "-U", "shop", "-Atc", "SELECT state, count(*) FROM orders_order GROUP BY 1")
    before = stack.inside("postgres", *count)
    assert "confirmed" in before
    stack.compose("down")

    stack.start()

    assert sorted(stack.inside("postgres", *count).split()) == sorted(before.split())


def test_production_is_closed_and_runs_on_secrets_from_files(tmp_path: Path) -> None:
    folder = copy_of_the_project(tmp_path)
    subprocess.run(["make", "secrets"], cwd=folder, check=True)
    (folder / ".env").write_text(ENV_OF_A_SERVER)
    port = free_port()
    production = Stack(
        folder=folder,
        name=f"test-{token_hex(4)}",
        files=("compose.yaml", "compose.production.yaml"),
        environment={"WEB_PORT": port},
    )
    with running(production):
        production.start("--build")

        browser = {"Host": "shop.example.com", "X_Forwarded_Proto": "https"}
        status, page = get(f"http://127.0.0.1:{port}/shop/", **browser)
        assert status == 200
        [style] = set(re.findall(r"/static/shop\.\w+\.css", page))
        packed = encoding(f"http://127.0.0.1:{port}{style}", **browser, Accept_Encoding="gzip")
        assert packed == "gzip"
        assert get(f"http://127.0.0.1:{port}/readyz")[0] == 200
        assert production.containers("mailpit") == []
        for service in ("web", "worker", "timer"):
            [each] = production.containers(service)
            assert each["HostConfig"]["CapDrop"] == ["ALL"]
            assert each["HostConfig"]["ReadonlyRootfs"]
            assert production.inside(service, "id", "--user").strip() == "10001"
            assert each["HostConfig"]["Memory"] > 0
            assert each["HostConfig"]["SecurityOpt"] == ["no-new-privileges:true"]
            secret = (folder / "secrets" / "postgres_password").read_text()
            assert secret not in json.dumps(each)
        [postgres] = production.containers("postgres")
        assert not any(postgres["NetworkSettings"]["Ports"].values())
