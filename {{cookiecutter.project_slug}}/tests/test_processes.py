"""`manage.py prodserver` starts the site, the workers and the timer."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.utils.module_loading import import_string

from config.settings.processes import PRODUCTION_PROCESSES, given
from demo.address import any_port
from tasks.models import Worker, WorkerStatus

WITHIN = 60.0
"""Seconds that a process may take to start or to end on a busy machine."""
BASE = Path(settings.BASE_DIR)
STARTED_BY = [
    *(BASE / name for name in ("Dockerfile", "Procfile", "compose.yaml")),
    *sorted((BASE / "deploy/systemd").glob("*.service")),
    *sorted((BASE / "deploy/kubernetes").glob("*.yaml")),
]


def test_the_commands_of_the_task_system_are_the_ones_that_run() -> None:
    commands = get_commands()

    assert commands["worker"] == commands["timer"] == "tasks"
    assert commands["prodserver"] == "config"


def test_what_is_not_set_is_left_to_the_command() -> None:
    assert given(queues="", threads="4", grace="") == {"threads": "4"}


def test_the_settings_become_options_of_the_command() -> None:
    worker = import_string(PRODUCTION_PROCESSES["worker"]["BACKEND"])

    assert worker(ARGS=given(threads="4", queues="mail,orders")).prep_server_args() == [
        "--threads=4",
        "--queues=mail,orders",
    ]


def test_coroutines_may_be_called_concurrency_too() -> None:
    worker = import_string(PRODUCTION_PROCESSES["worker"]["BACKEND"])
    parser = load_command_class("tasks", "worker").create_parser("manage.py", "worker")

    for name in ("coroutines", "concurrency"):
        arguments = worker(ARGS={name: "1000"}).prep_server_args()
        assert parser.parse_args(arguments).coroutines == 1000


@pytest.mark.django_db(transaction=True)
def test_the_worker_starts_with_its_options_and_stops_in_order() -> None:
    with started("worker", WORKER_THREADS="3", WORKER_QUEUES="mail") as process:
        worker = until_there_is_a_worker(process)

        assert (worker.threads, worker.queues) == (3, "mail")
        process.send_signal(signal.SIGTERM)
        assert process.wait(WITHIN) == 0


@pytest.mark.django_db(transaction=True)
def test_the_timer_stops_in_order() -> None:
    with started("timer") as process:
        until_said(process, "Timer is ready")

        process.send_signal(signal.SIGTERM)
        assert process.wait(WITHIN) == 0


@pytest.mark.once
def test_the_site_answers_and_stops_in_order() -> None:
    port = any_port()
    with started("web", WEB_BIND=f"127.0.0.1:{port}", WEB_PROCESSES="1") as process:
        until_said(process, "Listening at")

        connection = HTTPConnection("127.0.0.1", port, timeout=WITHIN)
        connection.request("GET", "/livez")
        assert connection.getresponse().status == 200
        connection.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(WITHIN) == 0


@pytest.mark.once
def test_a_number_that_is_none_is_one_sentence() -> None:
    with started("worker", WORKER_THREADS="many") as process:
        _, said = process.communicate(timeout=WITHIN)

    assert process.returncode == 1
    assert "takes a whole number of at least 1, not 'many'" in said
    assert "Traceback" not in said


@pytest.mark.once
def test_a_setting_that_is_wrong_stops_the_start() -> None:
    with started("timer", SITE_URL="shop.example.com") as process:
        _, said = process.communicate(timeout=WITHIN)

    assert process.returncode == 1
    assert "config.E003" in said


@pytest.mark.parametrize("file", STARTED_BY, ids=lambda path: path.name)
def test_what_is_started_anywhere_is_a_process_of_the_settings(file: Path) -> None:
    asked = re.findall(r"""prodserver["', ]+(\w+)""", file.read_text("utf-8"))

    assert set(asked) <= set(PRODUCTION_PROCESSES)


def test_everything_is_started_by_compose_systemd_and_kubernetes_alike() -> None:
    for found in ("compose.yaml", "deploy/systemd/*.service", "deploy/kubernetes/*.yaml"):
        text = "".join(path.read_text("utf-8") for path in BASE.glob(found))

        assert set(re.findall(r"prodserver,? (\w+)", text)) == set(PRODUCTION_PROCESSES)


def test_every_line_of_the_procfile_is_a_command() -> None:
    lines = (BASE / "Procfile").read_text("utf-8").splitlines()
    processes = dict(line.split(": ", 1) for line in lines)

    assert processes.pop("release") == "python manage.py migrate --no-input"
    for name, line in processes.items():
        words = [word for word in shlex.split(line) if "=" not in word]
        assert words == ["python", "manage.py", "prodserver", name]


@contextmanager
def started(name: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    """A process of `manage.py prodserver`, killed at the end if it is still there."""
    with subprocess.Popen(
        [sys.executable, "manage.py", "prodserver", name],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until_said(process: "subprocess.Popen[str]", words: str) -> None:
    """Wait until a process has said something."""
    assert process.stderr
    said = []
    for line in process.stderr:
        said.append(line)
        if words in line:
            return
    pytest.fail(f"nothing said {words!r}:\n{''.join(said)}")


def until_there_is_a_worker(process: "subprocess.Popen[str]") -> Worker:
    """Wait until a worker has signed on."""
    ends_at = time.monotonic() + WITHIN
    while time.monotonic() < ends_at and process.poll() is None:
        worker = Worker.objects.filter(status=WorkerStatus.ALIVE).first()
        if worker:
            return worker
        time.sleep(0.05)
    pytest.fail(f"no worker has signed on; exit code {process.poll()}")
