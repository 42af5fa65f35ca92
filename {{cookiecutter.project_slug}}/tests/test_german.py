"""The German catalogue is complete, compiled, and what the pages are made of."""

import html
import json
import re
import shutil
import subprocess
import sys
import uuid
from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import django.contrib.admin
import polib  # type: ignore[import-untyped]
import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from demo.seed import GOODS, SCARCE, plant
from tasks.admin.words import ago, length, until
from tasks.alerts.findings import Rule
from tasks.models import Alert, RunStatus, Schedule, TaskRun
from tasks.reasons import (
    ASKED_TO_STOP,
    AT_LEAST,
    FAILED_WITH,
    MISSED,
    MOST_FAIL,
    NO_SIGN,
    NO_WORKER,
    NOBODY_DECLARES,
    NOBODY_KNOWS,
    PROCESS_ENDED,
    READY_SINCE,
    SO_MANY_FAILED,
    TOO_LONG,
    WAITS,
    WORKER_LOST,
)
from tasks.service import service
from tasks.testing import run_due
from tasks.tests.admin_factories import failure, make_failed_run
from tasks.tests.factories import make_run, make_schedule, make_worker
from tasks.tests.sample.tasks import blab, count_to, print_labels, say
from tests.english import english_in, glued_in, is_english

pytestmark = pytest.mark.once

ROOT = Path(settings.BASE_DIR)
CATALOGUE = ROOT / "locale/de/LC_MESSAGES/django.po"
WITHOUT = (".venv", "tests", "staticfiles", "var", "node_modules", ".git")
OPTIONS = ["--locale=de", "--no-location", "--no-obsolete"]
# A text of a script, which may be in several parts.
PART = r"""(?:"[^"]*"|'[^']*')"""
SAID = re.compile(rf"\bn?gettext\(\s*((?:{PART}[\s+]*)+)")
PLACE = re.compile(r"%\(\w+\)[.\d]*[a-z]|%%|\{\w*\}|</?\w+>")
MOST_PAGES = 150
# What a bank answered.
OF_OTHERS = ("POST /v1/",)
# What is no page, and pages of the docs, which are English.
ELSEWHERE = ("/static/", "/api/", "/patterns/")
# Shorter texts may be part of a name, of an address or of a German sentence.
LEAST_CHARACTERS = 12


def entries() -> list[polib.POEntry]:
    """Return what is in the catalogue."""
    return list(polib.pofile(str(CATALOGUE)))


@pytest.mark.skipif(
    not (shutil.which("xgettext") and shutil.which("msgmerge")), reason="gettext is not installed"
)
def test_the_catalogue_holds_all_that_the_code_says(tmp_path: Path) -> None:
    copy = tmp_path / "project"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*WITHOUT, "*.pyc", ".*_cache"))
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", *OPTIONS],
        cwd=copy,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin:/opt/homebrew/bin"},
        capture_output=True,
        check=True,
    )

    found = polib.pofile(str(copy / "locale/de/LC_MESSAGES/django.po"))

    assert len(found) > 500
    missing = [each.msgid for each in found if not each.translated() or each.fuzzy]
    assert not missing, "make messages, then translate these"


def test_nothing_in_the_catalogue_is_left_open() -> None:
    assert [each.msgid for each in entries() if not each.translated() or each.fuzzy] == []


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_the_compiled_catalogue_is_that_of_the_source(domain: str) -> None:
    source = CATALOGUE.with_name(f"{domain}.po")
    compiled = polib.mofile(str(source.with_suffix(".mo")))

    def texts(found: polib.POFile | polib.MOFile) -> dict[object, object]:
        return {(each.msgctxt, each.msgid): each.msgstr or each.msgstr_plural for each in found}

    assert texts(compiled) == texts(polib.pofile(str(source))), "make messages"


@pytest.mark.django_db
def test_the_scripts_of_the_admin_say_nothing_in_english(admin_client: Client) -> None:
    answer = answer_in_german(admin_client, reverse("admin:jsi18n"))
    found = re.search(r"const newcatalog = (\{.*?\});", answer, re.DOTALL)
    assert found
    catalogue = json.loads(found[1])
    scripts = Path(django.contrib.admin.__file__).parent / "static" / "admin" / "js"

    said = {
        "".join(part[1:-1] for part in re.findall(PART, parts))
        for script in scripts.glob("**/*.js")
        if "vendor" not in script.parts
        for parts in SAID.findall(script.read_text())
    }

    assert len(said) > 30
    assert sorted(said - set(catalogue)) == []


def test_each_translation_has_the_places_of_its_original() -> None:
    for each in entries():
        wanted = {*PLACE.findall(each.msgid), *PLACE.findall(each.msgid_plural)}
        texts = list(each.msgstr_plural.values()) or [each.msgstr]
        used = {place for text in texts for place in PLACE.findall(text)}
        assert used == wanted, each.msgid


def remainders() -> re.Pattern[str]:
    """Return what finds a text of ours that was left in English."""
    texts = {
        part.strip()
        for each in entries()
        if each.msgid != each.msgstr
        for part in PLACE.split(each.msgid)
        if len(part.strip()) >= LEAST_CHARACTERS and " " in part.strip()
    }
    longest_first = sorted(texts, key=len, reverse=True)
    return re.compile(rf"(?<!\w)({'|'.join(map(re.escape, longest_first))})(?!\w)")


def pages(client: Client, *begin: str) -> Iterator[tuple[str, str]]:
    """Follow the links from there on, each kind of page once; return address and text."""
    waiting, seen, kinds = deque(begin), set(begin), dict[str, int]()
    while waiting and len(seen) < MOST_PAGES * 5:
        address = waiting.popleft()
        kind = re.sub(r"[0-9a-f-]{32,36}|\w+(\.\w+)+|\d+|=[^&]*", "*", address)
        kinds[kind] = kinds.get(kind, 0) + 1
        if kinds[kind] > 1 or len(kinds) > MOST_PAGES:
            continue
        answer = client.get(address, follow=True, headers={"Accept-Language": "de"})
        if answer.status_code != 200 or "html" not in answer.get("Content-Type", ""):
            continue
        text = answer.content.decode()
        yield address, text
        for link in re.findall(r'(?:href|hx-get)="([^"#]+)"', text):
            target = urlsplit(urljoin(address, html.unescape(link)))
            path = target.path + (f"?{target.query}" if target.query else "")
            if not target.netloc and path not in seen and not path.startswith(ELSEWHERE):
                seen.add(path)
                waiting.append(path)


@pytest.fixture
def root(client: Client, db: None) -> Client:
    """Somebody who may see everything, where there is something of everything to be seen."""
    user = User.objects.create_superuser("root@example.com", "root")
    make_worker()
    say.enqueue("something")
    count_to.enqueue(3)
    blab.enqueue("in the open", "secret")
    # Mails are written in the language that people registered in.
    with translation.override("de"):
        plant()
    run_due()
    client.force_login(user)
    return client


def ours(texts: list[str]) -> list[str]:
    """Return those that are neither other people's nor what the demo sells."""
    goods = {each.description for each in (*GOODS, SCARCE)}
    return [text for text in texts if text not in goods and not text.startswith(OF_OTHERS)]


def test_no_page_is_left_in_english_or_in_its_order_of_words(root: Client) -> None:
    english = remainders()
    left: dict[str, list[str]] = {}
    shown = 0
    for address, text in pages(root, "/", "/shop/", "/admin/"):
        shown += 1
        said = html.unescape(text)
        if found := {*english.findall(said), *ours(english_in(text)), *glued_in(text)}:
            left[address] = sorted(found)

    assert TaskRun.objects.exists()
    assert shown > 40
    assert left == {}


def test_days_are_bent_as_german_bends_them() -> None:
    long, short = timedelta(days=6, hours=3), timedelta(minutes=5)
    with translation.override("de"):
        assert (ago(long), until(long)) == ("vor 6 Tagen", "in 6 Tagen")
        assert (ago(short), until(short)) == ("vor 5 min", "in 5 min")
        assert length(long.total_seconds()) == "6 Tage"
    assert (ago(long), until(long)) == ("6 days ago", "in 6 days")


def test_a_queue_that_nobody_paused_is_active(root: Client) -> None:
    page = answer_in_german(root, "/admin/tasks/queues/")

    for said in ("Aktiv", "Anhalten", "Begrenzen"):
        assert f">{said}</" in page
    assert "Offen" not in page


def test_what_rows_keep_is_told_in_german_and_what_bodies_say_is_not(root: Client) -> None:
    lost = WORKER_LOST % {"reason": PROCESS_ENDED % {"cause": "signal SIGKILL"}}
    late = TOO_LONG % {"limit": "2.5"}
    unknown = NOBODY_DECLARES % {"name": "'shop.tasks.sell'"}
    errors = "[]"
    for kind, said in (
        ("tasks.errors.WorkerLost", lost),
        ("tasks.errors.TimeLimitExceeded", late),
        ("tasks.errors.UnknownTask", unknown),
        ("shop.errors.Refused", ASKED_TO_STOP),
    ):
        errors = failure(said, errors=errors, exception_class_path=kind, traceback="")
    run = make_failed_run(errors=errors)

    page = html.unescape(answer_in_german(root, f"/admin/tasks/taskrun/{run.pk}/change/"))

    assert "Worker verloren: Sein Prozess endete mit signal SIGKILL." in page
    assert "Der Aufruf dauerte länger als sein Zeitlimit von 2.5 Sekunden." in page
    assert "Keine installierte App hat die Aufgabe 'shop.tasks.sell'." in page
    assert ASKED_TO_STOP in page


def test_what_people_did_is_written_in_english_and_told_in_german(root: Client) -> None:
    user, run = User.objects.get(email="root@example.com"), make_failed_run(name=say.module_path)
    with translation.override("de"):
        service.enqueue_again(run.pk, by=user)
        service.retry([run.pk], by=user)
        service.set_limit("default", 3, by=user)
    written = set(LogEntry.objects.values_list("change_message", flat=True))
    assert {"Retried.", "At most 3 at once."} < written

    history = answer_in_german(root, f"/admin/tasks/taskrun/{run.pk}/history/")
    audit = answer_in_german(root, "/admin/admin/logentry/")
    found = answer_in_german(root, "/admin/admin/logentry/?q=erneut+versucht")

    for page, told in (
        (history, "Erneut versucht."),
        (history, "Noch einmal ausgeführt, als "),
        (audit, "Noch einmal eingereiht, wie "),
        (audit, "Höchstens 3 zugleich."),
        (found, "Erneut versucht."),
    ):
        assert told in page
    assert "Höchstens 3" not in found


@pytest.mark.parametrize(
    ("rule", "title", "body", "told"),
    [
        (
            Rule.FAILED,
            FAILED_WITH % {"task": "shop.tasks.sell", "error": NOBODY_KNOWS},
            "Out of paper.",
            ("shop.tasks.sell ist fehlgeschlagen: niemand weiß warum", "Out of paper."),
        ),
        (
            Rule.MISSED,
            MISSED % {"name": "nightly"},
            AT_LEAST % {"count": 7},
            ("Der Zeitplan nightly wurde versäumt", "Mindestens 7 Termine."),
        ),
        (
            Rule.WAITING,
            WAITS % {"queue": "mail", "limit": 60},
            READY_SINCE % {"since": "2026-11-28 09:00:00"},
            ("mail warten länger als 60 s", "Der erste ist seit 2026-11-28 09:00:00 UTC bereit."),
        ),
        (
            Rule.NO_WORKER,
            NO_WORKER % {"queue": "mail"},
            NO_SIGN % {"limit": 90},
            ("Kein Worker nimmt aus der Warteschlange mail", "gab seit 90 s ein Lebenszeichen"),
        ),
        (
            Rule.FAILING,
            MOST_FAIL % {"percent": 60, "task": "shop.tasks.sell"},
            SO_MANY_FAILED % {"bad": 6, "ended": 10, "minutes": 15},
            ("60 % der Läufe von shop.tasks.sell", "6 von 10 in den letzten 15 Minuten."),
        ),
    ],
)
def test_alerts_are_told_in_german(
    root: Client, rule: Rule, title: str, body: str, told: tuple[str, str]
) -> None:
    alert = Alert.objects.create(rule=rule, key="here", title=title, body=body)

    page = html.unescape(answer_in_german(root, f"/admin/tasks/alert/{alert.pk}/change/"))

    assert all(each in page for each in told)
    assert title not in page


def answer_in_german(client: Client, address: str) -> str:
    answer = client.get(address, headers={"Accept-Language": "de"})
    assert answer.status_code == 200
    return str(answer.content.decode())


def answered(client: Client, method: str, address: str, body: Any = None) -> Any:
    """Return the problem that a request is answered with, in German."""
    sent = {} if method == "get" else {"content_type": "application/json", "data": body}
    answer = getattr(client, method)(address, headers={"Accept-Language": "de"}, **sent)
    assert answer.headers["Content-Type"] == "application/problem+json", address
    return answer.json()


def sentences(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from sentences(each)
        case dict():
            for each in value.values():
                yield from sentences(each)


@pytest.mark.django_db
def test_no_problem_of_the_api_is_told_in_english(client: Client) -> None:
    failed, clashing = (make_run(status=RunStatus.FAILED, unique_key=key) for key in (None, "a"))
    ready = make_run(unique_key="a")
    schedule = make_schedule(name="mine", cron="0 1 * * *")
    Schedule.objects.filter(pk=schedule.pk).update(cron="99 * * * *", enabled=False)
    nobody, nothing = uuid.uuid4(), "/api/tasks"
    runs = f"{nothing}/runs"
    refused = [
        ("get", "/api/nothing", None),
        ("get", "/api/orders/", None),
        ("get", "/api/products/?page_size=x&colour=red&cursor=x&in_stock=x", None),
        ("get", "/api/products/?page_size=999", None),
        ("get", "/api/products/nothing/", None),
        ("delete", "/api/products/", None),
    ]
    as_staff = [
        ("post", "/api/exports/", "{"),
        ("post", "/api/exports/", "[" * 70 + "]" * 70),
        ("post", "/api/exports/", {"kind": "unfug", "everyones": 7}),
        ("get", f"/api/exports/{nobody}/", None),
        ("post", "/api/orders/", {}),
        ("get", f"{runs}/{nobody}/", None),
        ("get", f"{runs}/{nobody}/related/", None),
        ("get", f"{runs}/?status=x&worker=x&since=x&schedule=x&fingerprint={'x' * 99}", None),
        ("get", f"{runs}/?priority=x", None),
        ("post", f"{runs}/", {}),
        ("post", f"{runs}/", {"task": "say"}),
        ("post", f"{runs}/", {"task": say.module_path}),
        ("post", f"{runs}/", {"task": print_labels.module_path, "arguments": {"copies": "x"}}),
        ("post", f"{runs}/", {"task": print_labels.module_path, "arguments": [1]}),
        ("post", f"{runs}/{clashing.pk}/retry/", {}),
        ("post", f"{runs}/{ready.pk}/retry/", {}),
        ("post", f"{runs}/{failed.pk}/cancel/", {}),
        ("post", f"{runs}/{make_run(arguments='{}').pk}/again/", {}),
        ("post", f"{runs}/{make_run(name='no.task').pk}/again/", {}),
        ("delete", f"{runs}/{ready.pk}/", None),
        ("post", f"{runs}/bulk/", {"act": "retry"}),
        ("post", f"{runs}/bulk/?queue=mail", {"act": "retry", "ids": [str(ready.pk)]}),
        ("get", f"{nothing}/stats/?window=1&by=x", None),
        ("get", f"{nothing}/timeline/?since=2000-01-01T00:00Z", None),
        ("get", f"{nothing}/timeline/?since=2999-01-01T00:00Z", None),
        ("get", f"{nothing}/tasks/no.task/", None),
        ("post", f"{nothing}/tasks/no.task/pause/", {}),
        ("get", f"{nothing}/queues/nowhere/", None),
        ("post", f"{nothing}/queues/nowhere/pause/", {}),
        ("post", f"{nothing}/queues/nowhere/limit/", {"limit": 0}),
        ("get", f"{nothing}/workers/{nobody}/", None),
        ("post", f"{nothing}/workers/{nobody}/stop/", {}),
        ("get", f"{nothing}/schedules/999/", None),
        ("post", f"{nothing}/schedules/{schedule.pk}/resume/", {}),
    ]

    told = [answered(client, *each) for each in refused]
    client.force_login(User.objects.create_superuser("root@example.com", "root"))
    told += [answered(client, *each) for each in as_staff]

    texts = [[problem["detail"], problem.get("errors")] for problem in told]
    said = [*sentences(texts)]
    assert len(said) > len(refused) + len(as_staff)
    english = remainders()
    assert [each for each in said if is_english(each) or english.search(each)] == []
