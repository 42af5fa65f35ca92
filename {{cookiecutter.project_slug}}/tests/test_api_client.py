"""The client in `docs/api.md` does what the page says, over HTTP."""

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from accounts.tests.factories import make_user
from api import tokens
from tasks.models import RunStatus, TaskRun
from tasks.testing import run_due
from tasks.tests.factories import ADD, make_run, status_of
from tasks.tests.sample.tasks import print_labels

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

PAGE = Path(settings.BASE_DIR) / "docs" / "api.md"
LABELS = print_labels.module_path


def source() -> str:
    (block,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    return str(block)


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module that the page shows."""
    (tmp_path / "shop_tasks.py").write_text(source())
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "shop_tasks", raising=False)
    return __import__("shop_tasks")


@pytest.fixture
def user() -> User:
    return make_user("ada@example.com", is_staff=True, is_superuser=True)


@pytest.fixture
def tasks(code: Any, user: User, live_server: LiveServer) -> Iterator[Any]:
    """The client, for somebody who may do everything."""
    _, text = tokens.issue(user=user, name="client")
    with code.Tasks(live_server.url, token=text) as client:
        yield client


def test_it_finds_runs_page_after_page(tasks: Any) -> None:
    made = [str(make_run(status=RunStatus.FAILED, queue="mail").pk) for _ in range(5)]
    make_run()

    found = list(tasks.runs(status="FAILED", queue="mail", page_size=2))

    assert [run.id for run in found] == made[::-1]
    assert {run.task for run in found} == {ADD}


def test_it_runs_a_task_and_waits_for_it(tasks: Any) -> None:
    run = tasks.run(LABELS, copies=3)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(tasks.wait, run.id, seconds=30)
        run_due()

    assert waiting.result().status == "SUCCESSFUL"
    assert waiting.result().return_value == "3 small None False None"


def test_it_retries_one_and_all(tasks: Any) -> None:
    failed = [make_run(status=RunStatus.FAILED, queue="mail") for _ in range(3)]

    assert tasks.retry(str(failed[0].pk)).status == "READY"
    assert tasks.retry_all(queue="mail") == 2
    assert tasks.retry_all(queue="mail", dry_run=False) == 2
    run_due()

    assert {status_of(run) for run in failed} == {RunStatus.SUCCESSFUL}


def test_it_says_what_is_wrong(tasks: Any, code: Any, user: User) -> None:
    with pytest.raises(code.Problem, match=r"403 Forbidden: .* lacks manual=True"):
        tasks.run(ADD)
    with pytest.raises(code.Problem) as wrong:
        tasks.run(LABELS, copies="many")
    assert set(wrong.value.errors["arguments"]) == {"copies"}
    with pytest.raises(code.Problem, match="409 Conflict"):
        tasks.retry(str(make_run().pk))
    with pytest.raises(TimeoutError, match="READY after 0 s"):
        tasks.wait(str(TaskRun.objects.get().pk), seconds=0)
    tokens.revoke(user.api_tokens.all())
    with pytest.raises(code.Problem, match="401 Unauthorized"):
        list(tasks.runs())


def test_it_is_typed(tmp_path: Path) -> None:
    (tmp_path / "shop_tasks.py").write_text(source())

    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "shop_tasks.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert done.returncode == 0, done.stdout
