"""The sidebar's numbers: how many runs failed, and how many workers are not well."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from tasks.admin.badges import remembered
from tasks.models import RunStatus, WorkerStatus
from tasks.tests.admin_factories import VIEW, make_failed_run, make_run, make_worker, staff

pytestmark = pytest.mark.django_db

# Any page has the sidebar.
PAGE = reverse("admin:tasks_queues")
FAILURES = reverse("admin:tasks_taskrun_failures")
WORKERS = reverse("admin:tasks_worker_changelist")


def entry(client: Client, link: str) -> str:
    """Return what the entry of the sidebar that leads there holds, without its icon."""
    remembered.clear()
    content = client.get(PAGE).content.decode()
    (found,) = re.findall(rf'<a href="{link}"[^>]*>(.*?)</a>', content, re.DOTALL)
    return re.sub(r"<span class=\"material-symbols.*?</span>", "", found, flags=re.DOTALL)


def words(html: str) -> str:
    return " ".join(strip_tags(html).split())


def test_nothing_is_said_where_all_is_well(admin_client: Client) -> None:
    make_run(RunStatus.SUCCESSFUL)
    make_worker()
    make_worker(status=WorkerStatus.STOPPED, silent=9999)

    assert words(entry(admin_client, FAILURES)) == "Failures"
    assert words(entry(admin_client, WORKERS)) == "Workers"


def test_they_are_what_the_rows_say(admin_client: Client) -> None:
    for _ in range(3):
        make_failed_run()
    make_worker()
    make_worker(silent=12)
    make_worker(silent=25)
    make_worker(status=WorkerStatus.LOST)

    assert words(entry(admin_client, FAILURES)) == "Failures 33 failed runs"
    assert words(entry(admin_client, WORKERS)) == "Workers 33 workers are not well"


def test_one_is_shown_and_the_other_is_read_out(admin_client: Client) -> None:
    make_failed_run()

    content = entry(admin_client, FAILURES)

    assert '<span aria-hidden="true">1</span>' in content
    assert '<span class="sr-only">1 failed run</span>' in content


def test_they_stop_counting(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("tasks.control.trouble", "tasks.admin.badges"):
        monkeypatch.setattr(f"{module}.MOST", 2)
    for _ in range(5):
        make_failed_run()
        make_worker(status=WorkerStatus.LOST)

    assert ">2+<" in entry(admin_client, FAILURES)
    assert ">2+<" in entry(admin_client, WORKERS)


def test_they_are_counted_once_in_some_seconds(admin_client: Client) -> None:
    admin_client.get(PAGE)
    make_failed_run()
    make_worker(status=WorkerStatus.LOST)

    content = admin_client.get(PAGE).content.decode()

    assert "1 failed run" not in content
    remembered.clear()
    assert "1 failed run" in admin_client.get(PAGE).content.decode()


def test_they_are_for_those_who_may_see_what_is_counted() -> None:
    make_failed_run()
    make_worker(status=WorkerStatus.LOST)

    content = staff(VIEW, "view_gate").get(PAGE).content.decode()

    assert "1 failed run" in content
    assert "not well" not in content
