"""What a task names in `sensitive` is sent through everything, and found nowhere but in its row."""

import os
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_connection, socket
from threading import Thread
from urllib.parse import urlsplit

from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.test import Client, override_settings
from django.urls import reverse

from tasks import metrics
from tasks.alerts.watch import watch
from tasks.models import Alert, LogLine, RunStatus, TaskRun
from tasks.service import service
from tasks.statistics.rollups import roll_up
from tasks.testing import run_due
from tasks.tests.receiver import Receiver
from tasks.tests.sample.tasks import blab
from tests.conformance.engine import under_test
from tests.conformance.harness import Programs, manage, wait_for_status
from tests.sentry import Sentry

SENTINELS = ("sentinel-in-a-word", "sentinel in two\nlines", 4_711_000_815)
END = b"no-more-to-hear"
PARTS = ("sentinel", "4711000815", "in two")


class Sent:
    """Runs that blab, in both formats of the log, and all that was told of them."""

    def __init__(self, programs: Programs, folder: Path) -> None:
        self.spans = folder / "spans"
        self.logs = ""
        with Sentry() as sentry:
            self.ids = [self._send(programs, form, sentry.dsn) for form in ("text", "json")]
            self.sentry = sentry.text

    def _send(self, programs: Programs, form: str, dsn: str) -> str:
        program = programs.worker(
            environment={
                "LOG_FORMAT": form,
                "LOG_LEVEL": "DEBUG",
                "TASKS_LOG_LEVEL": "DEBUG",
                "SENTRY_DSN": dsn,
                "TRACES_EXPORTER": "tests.spans.FileExporter",
                "SPANS": str(self.spans),
            }
        )
        word, lines, number = SENTINELS
        id_ = blab.enqueue("in the open", {"all": [word, number]}, token=lines).id
        wait_for_status(RunStatus.FAILED, id_)
        program.send(signal.SIGTERM)
        assert program.wait() == 0
        self.logs += program.log.read_text()
        return id_


def assert_silent(where: str, text: str, *, told: str = "in the open") -> None:
    """The text tells of the runs, and not of what is sensitive."""
    assert told in text, f"{where} tells nothing of the runs"
    for part in PARTS:
        assert part not in text, f"{where} tells {part!r}"


def page_of(id_: str) -> str:
    return reverse("admin:tasks_taskrun_change", args=[id_])


def pages(client: Client, ids: list[str]) -> Iterator[tuple[str, str]]:
    """Return every page of the admin that shows a run, with its address."""
    get_user_model().objects.create_superuser("root@example.com", "root")
    client.login(username="root@example.com", password="root")
    addresses = [reverse("admin:index"), reverse("admin:tasks_taskrun_changelist")]
    addresses += [
        reverse("admin:tasks_taskrun_failures"),
        reverse("admin:tasks_task", args=[blab.module_path]),
        reverse("admin:tasks_taskrun_all", args=["retry"]) + "?q=blab",
        reverse("admin:tasks_taskrun_csv"),
    ]
    addresses += [page_of(id_) for id_ in ids]
    addresses += [reverse("admin:tasks_taskrun_history", args=[id_]) for id_ in ids]
    for address in addresses:
        answer = client.get(address, follow=True)
        assert answer.status_code == 200, address
        yield address, b"".join(answer).decode()


def test_what_is_sensitive_is_told_nowhere(
    programs: Programs, tmp_path: Path, client: Client
) -> None:
    # What failed before the first look is not told for long.
    watch()
    with tapped() as messages:
        sent = Sent(programs, tmp_path)
    assert_silent("the log", sent.logs)
    assert_silent("Sentry", sent.sentry)
    assert_silent("a span", sent.spans.read_text())
    lines = LogLine.objects.filter(run_id__in=sent.ids)
    assert_silent("a kept line", "\n".join(lines.values_list("message", flat=True)))
    if under_test.has_carrier:
        first = uuid.UUID(sent.ids[0])
        assert_silent("Redis", messages.decode("utf-8", "replace"), told=first.hex)

    shown = dict(pages(client, sent.ids))
    for address, text in shown.items():
        assert_silent(address, text, told="")
    assert_silent("the page of a run", shown[page_of(sent.ids[0])])
    for address in (
        "",
        *(f"{id_}/{part}" for id_ in sent.ids for part in ("", "lines/", "related/")),
    ):
        answer = client.get(f"/api/tasks/runs/{address}")
        assert answer.status_code == 200, address
        assert_silent(f"the API at {address!r}", answer.content.decode(), told="")
    for id_ in sent.ids:
        assert_silent("the console", manage("tasks", "show", id_, environment={}))

    roll_up()
    assert_silent("a metric", metrics.exposition().decode(), told="tasks_queue_depth")

    with Receiver() as receiver, override_settings(ALERT_URLS=[receiver.url]):
        watch()
        run_due()
        assert_silent("an alert", str(receiver.messages), told="blab")
    kept = [str(value) for alert in Alert.objects.values() for value in alert.values()]
    assert_silent("the row of an alert", "\n".join(kept), told="blab")

    user = get_user_model().objects.get()
    service.retry(list(TaskRun.objects.values_list("pk", flat=True)), by=user)
    audited = "\n".join(f"{each} {each.change_message}" for each in LogEntry.objects.all())
    assert audited
    assert_silent("the audit", audited, told="")


@contextmanager
def tapped() -> Iterator[bytearray]:
    """Listen to all that goes through the engine's own server, if it has one."""
    heard = bytearray()
    if not under_test.has_carrier:
        yield heard
        return
    url = urlsplit(os.environ["REDIS_URL"])
    with create_connection((url.hostname or "localhost", url.port or 6379)) as listening:
        listening.sendall(b"MONITOR\r\n")
        listener = Thread(target=_listen, args=(listening, heard))
        listener.start()
        yield heard
        with create_connection(listening.getpeername()) as speaking:
            speaking.sendall(b"ECHO %s\r\n" % END)
            listener.join()


def _listen(listening: socket, heard: bytearray) -> None:
    while END not in heard:
        heard += listening.recv(65536)
