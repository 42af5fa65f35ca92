"""What every response carries, and what the log says about it."""

import base64
import hashlib
import logging
import re
from pathlib import Path

import pytest
from django.core.mail import EmailMessage, mailers
from django.test import Client
from pytest_django import Settings

from accounts.tests.factories import make_user
from config.logs import LineFormatter

POLICY = "Content-Security-Policy"


@pytest.mark.django_db
def test_the_shop_loads_nothing_inline_and_nothing_from_elsewhere(client: Client) -> None:
    policy = client.get("/shop/").headers[POLICY]

    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.django_db
def test_the_admin_may_evaluate_but_runs_nothing_inline(client: Client) -> None:
    policy = client.get("/admin/login/").headers[POLICY]

    assert "script-src 'self' 'unsafe-eval';" in policy
    assert "style-src 'self' 'unsafe-inline'" in policy


def test_a_logged_value_cannot_forge_a_record() -> None:
    record = logging.makeLogRecord({"msg": "bad %s", "args": ("x\n2026 INFO a: forged\x1b[2K",)})

    assert LineFormatter().format(record) == "bad x\\n2026 INFO a: forged\\x1b[2K"


def test_a_traceback_is_indented_below_its_record() -> None:
    try:
        raise ValueError("a\nforged line")
    except ValueError as error:
        record = logging.makeLogRecord(
            {"msg": "failed", "exc_info": (ValueError, error, error.__traceback__)}
        )

    first, *rest = LineFormatter().format(record).splitlines()

    assert first == "failed"
    assert rest
    assert all(line.startswith("    ") for line in rest)


def test_each_mail_is_a_file(settings: Settings, tmp_path: Path) -> None:
    settings.MAILERS = {
        "default": {"BACKEND": "config.mail.FolderBackend", "OPTIONS": {"folder": str(tmp_path)}}
    }

    for number in range(5):
        EmailMessage(f"Mail {number}", to=["ada@example.com"]).send()
    with mailers.default as server:
        server.send_messages([EmailMessage("Mail 5", to=["ada@example.com"])])

    mails = sorted(tmp_path.glob("*.eml"))
    assert [f"Subject: Mail {number}" in mail.read_text() for number, mail in enumerate(mails)] == [
        True
    ] * 6


@pytest.mark.django_db
def test_who_finds_nothing_is_told_so_in_the_shops_own_style(client: Client) -> None:
    response = client.get("/nowhere/at/all/")

    assert response.status_code == 404
    assert "There is nothing at this address" in response.text
    assert 'class="site-header"' in response.text


def test_what_breaks_is_told_without_a_database_and_without_a_word_of_what_it_was(
    client: Client, no_manifest: None
) -> None:
    client.raise_request_exception = False

    for language, told in (("en", "Something went wrong"), ("de", "Etwas ist schiefgegangen")):
        page = client.get("/accounts/login/", headers={"Accept-Language": language})

        assert page.status_code == 500
        assert told in page.text
        assert "manifest" not in page.text
        # It asks for no other file, and its own style is all that its policy lets in.
        assert not re.search(r"<(?:link|script|img)|url\(", page.text)
        (style,) = re.findall("<style>(.*?)</style>", page.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"style-src 'sha256-{digest}';" in f"{page.headers[POLICY]};"
        assert "unsafe" not in page.headers[POLICY]


@pytest.mark.django_db
def test_who_may_not_is_told_so_in_the_shops_own_style(client: Client) -> None:
    client.force_login(make_user(is_staff=True))
    forbidden = client.get("/admin/tasks/taskrun/")
    stale = Client(enforce_csrf_checks=True).post("/accounts/login/")

    assert [forbidden.status_code, stale.status_code] == [403, 403]
    assert "Your account may not do this" in forbidden.text
    assert "The page that you sent was too old" in stale.text
    assert all('class="site-header"' in page.text for page in (forbidden, stale))
