"""The site without the packages that it can do without: as if they were not installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tasks.models import RunStatus
from tasks.tests.sample.tasks import add
from tests.conformance.harness import Programs, manage, wait_for_status

pytestmark = pytest.mark.once

EXTRAS = ("opentelemetry", "sentry_sdk", "storages", "boto3", "botocore")
# Of the tests alone. What the site imports of them would be missed on a server.
OF_TESTS = ("_pytest", "pytest", "hypothesis", "playwright", "polib", "aiosmtpd", "openpyxl")
# Python runs it as it starts, in every process that inherits the environment.
AT_START = """
import sys


class Without:
    \"\"\"A finder that finds nothing of some packages.\"\"\"

    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {missing!r}:
            return None
        return self.finder.find_spec(name, path, target)

    def __getattr__(self, name):
        return getattr(self.finder, name)


sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
"""


@pytest.fixture
def without(tmp_path: Path) -> dict[str, str]:
    """The environment of a process in which these packages cannot be imported."""
    code = AT_START.format(missing=(*EXTRAS, *OF_TESTS))
    (tmp_path / "sitecustomize.py").write_text(code)
    return {"PYTHONPATH": str(tmp_path)}


def test_the_packages_are_really_missing(without: dict[str, str]) -> None:
    names = EXTRAS + OF_TESTS
    code = f"from importlib.util import find_spec; print(any(map(find_spec, {names!r})))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **without},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "False"


def test_a_worker_runs_tasks_without_them(programs: Programs, without: dict[str, str]) -> None:
    assert "no issues" in manage("check", environment=without)

    programs.worker(environment=without)

    wait_for_status(RunStatus.SUCCESSFUL, add.enqueue(1, 2).id)


@pytest.mark.parametrize(
    ("setting", "value", "hint"),
    [
        ("TRACES_EXPORTER", "otlp", "uv sync --extra otel"),
        ("SENTRY_DSN", "https://key@example.com/1", "uv sync --extra sentry"),
        ("TEST_EXPORT_BUCKET", "exports", "uv sync --extra s3"),
    ],
)
def test_what_is_set_and_not_installed_is_one_error_that_says_what_to_type(
    without: dict[str, str], setting: str, value: str, hint: str
) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=settings.BASE_DIR,
        env={**os.environ, **without, setting: value},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert f"HINT: Install it: {hint}" in done.stderr
    assert done.stderr.count("HINT:") == 1
    assert "Traceback" not in done.stderr
