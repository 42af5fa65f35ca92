"""Only a worker of this machine is killed, and only one that is at the task."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.utils import timezone

from cleanup.tasks import clean
from demo import killing
from demo.killing import CannotKill, kill_the_worker_of
from tasks.models import RunStatus, TaskRun, Worker

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def development(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEBUG = True
    monkeypatch.setattr(killing, "PATIENCE_SECONDS", 0.2)


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with us."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        yield process
        process.kill()


def run_of(pid: int, *, host: str = "") -> str:
    """A run that a worker process is said to be at; return its id."""
    worker = Worker.objects.create(
        host=host or socket.gethostname(),
        pid=pid,
        engine="any",
        threads=1,
        lease_until=timezone.now() + timedelta(minutes=1),
    )
    run_id = clean.enqueue("sessions").id
    TaskRun.objects.filter(pk=run_id).update(status=RunStatus.RUNNING, worker_id=worker.pk)
    return run_id


def test_a_process_that_is_no_worker_lives_on(bystander: subprocess.Popen[bytes]) -> None:
    with pytest.raises(CannotKill, match="another machine"):
        kill_the_worker_of(run_of(bystander.pid), once=lambda: True)

    assert bystander.poll() is None


def test_a_worker_of_another_machine_lives_on(bystander: subprocess.Popen[bytes]) -> None:
    with pytest.raises(CannotKill, match="another machine"):
        kill_the_worker_of(run_of(bystander.pid, host="elsewhere"), once=lambda: True)

    assert bystander.poll() is None


def test_nobody_is_killed_before_it_is_time(bystander: subprocess.Popen[bytes]) -> None:
    with pytest.raises(CannotKill, match="No worker has begun"):
        kill_the_worker_of(run_of(bystander.pid), once=lambda: False)


def test_nobody_is_killed_for_a_run_that_has_ended(bystander: subprocess.Popen[bytes]) -> None:
    run_id = run_of(bystander.pid)
    TaskRun.objects.filter(pk=run_id).update(
        status=RunStatus.SUCCESSFUL, worker_id=None, finished_at=timezone.now()
    )

    with pytest.raises(CannotKill, match="faster"):
        kill_the_worker_of(run_id, once=lambda: True)


def test_nobody_is_killed_in_production(
    bystander: subprocess.Popen[bytes], settings: LazySettings
) -> None:
    settings.DEBUG = False

    with pytest.raises(CannotKill, match="DEBUG is off"):
        kill_the_worker_of(run_of(bystander.pid), once=lambda: True)
