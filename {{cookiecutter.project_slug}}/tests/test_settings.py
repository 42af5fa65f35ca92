"""What `manage.py` makes of an environment: settings, or one sentence about what is wrong."""

import os
import secrets
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.engine import environment as engine
from tests.variables import variables

KEY = secrets.token_urlsafe(50)

PRODUCTION = {
    "SECRET_KEY": KEY,
    "ALLOWED_HOSTS": "shop.example.com",
    "EMAIL_URL": "smtp://user:password@smtp.example.com:587/?tls=true",
    "PAYMENT_PROVIDER": "orders.payments.PaymentProvider",
    **engine.PRODUCTION,
}


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py` with these variables; a blank one hides what `.env` says."""
    blank = dict.fromkeys(variables(), "")
    return subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", "manage.py", *arguments],
        env={**os.environ, **blank, "DJANGO_SETTINGS_MODULE": "config.settings", **environment},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refusal(*arguments: str, **environment: str) -> str:
    """The one line that a refused command writes."""
    done = manage(*arguments, **environment)
    assert done.returncode == 2
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    return line


def test_the_tests_see_nothing_of_the_developers_settings() -> None:
    assert variables() <= os.environ.keys()


def test_production_settings_are_safe_to_deploy() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)

    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout + done.stderr


def test_a_machine_that_says_nothing_is_production_and_refuses_to_start() -> None:
    assert refusal("check").startswith("SECRET_KEY is not set: ")


@pytest.mark.parametrize(
    ("key", "complaint"),
    [
        ("change-me", "SECRET_KEY is a placeholder"),
        (KEY[:49], "SECRET_KEY is easier to guess"),
    ],
    ids=["placeholder", "short"],
)
def test_production_refuses_a_key_that_can_be_guessed(key: str, complaint: str) -> None:
    line = refusal("migrate", **PRODUCTION | {"SECRET_KEY": key})

    assert line.startswith(complaint)
    assert key not in line


def test_the_command_in_the_refusal_writes_a_key_that_production_accepts() -> None:
    command, _, file = refusal("check").partition("type: ")[2].partition(" >> ")
    assert file == ".env"

    program = shlex.split(command)
    written = subprocess.check_output([sys.executable, *program[1:]], text=True).strip()

    name, _, key = written.partition("=")
    assert name == "SECRET_KEY"
    assert manage("check", **PRODUCTION | {"SECRET_KEY": key}).returncode == 0


def test_a_bad_address_of_a_database_is_one_sentence_without_its_password() -> None:
    line = refusal("migrate", **PRODUCTION, DATABASE_URL="mysql://shop:s3cret@db/shop")

    assert line.startswith("DATABASE_URL names neither a SQLite nor")
    assert "DATABASE_URL=postgres://" in line
    assert "s3cret" not in line


def test_a_bad_address_for_alerts_is_one_sentence_without_it() -> None:
    line = refusal("migrate", **PRODUCTION, ALERT_URLS="json://hooks.example.com, s3cret")

    assert line.startswith("ALERT_URLS holds something that begins with no scheme")
    assert "s3cret" not in line


def test_a_rate_of_newsletters_that_is_none_is_one_sentence() -> None:
    line = refusal("migrate", **PRODUCTION, NEWSLETTER_RATE="lots")

    assert line == "NEWSLETTER_RATE is 'lots', which is no rate; write, say, NEWSLETTER_RATE=600/m"


def test_backups_lie_in_the_projects_folder_wherever_a_command_is_started() -> None:
    program = "from django.conf import settings; print(settings.BACKUPS_FOLDER)"

    done = manage(
        *("shell", "--no-imports", "--command", program), **PRODUCTION, BACKUPS_FOLDER="kept"
    )

    assert Path(done.stdout.strip()) == settings.BASE_DIR / "kept", done.stderr


def test_an_address_for_alerts_that_nothing_understands_is_an_error_without_it() -> None:
    done = manage("check", **PRODUCTION, ALERT_URLS="json://hooks.example.com nonsense://s3cret")

    assert done.returncode == 1
    assert "Address 2 in ALERT_URLS is none that Apprise understands" in done.stderr
    assert "s3cret" not in done.stdout + done.stderr


def test_addresses_for_alerts_are_listed_and_shown_nowhere() -> None:
    program = "from django.conf import settings; print(*settings.ALERT_URLS, settings.ALERT_URLS)"

    done = manage(
        *("shell", "--no-imports", "--command", program),
        **PRODUCTION,
        ALERT_URLS="mailto://a:b@example.com?to=x@example.com,y@example.com, json://example.com",
    )

    first, second, *shown = done.stdout.split()
    assert first == "mailto://a:b@example.com?to=x@example.com,y@example.com"
    assert second == "json://example.com"
    assert "example.com" not in "".join(shown)


def test_development_starts_with_what_the_example_file_says() -> None:
    assert manage("check", DEBUG="true", SECRET_KEY="change-me").returncode == 0


def test_production_speaks_https_and_opens_with_the_catalogue() -> None:
    program = """
from django.test import Client
client = Client(headers={"host": "shop.example.com"})
print(client.get("/").headers["Location"])
opened = client.get("/", secure=True)
print(opened.headers["Location"], opened.headers["Strict-Transport-Security"])
behind_a_proxy = client.get("/", headers={"x-forwarded-proto": "https"})
print(behind_a_proxy.headers["Location"])
"""

    done = manage("shell", "--no-imports", "--command", program, **PRODUCTION, TRUST_PROXY="true")

    assert done.stdout.splitlines() == [
        "https://shop.example.com/",
        "/shop/ max-age=3600; includeSubDomains; preload",
        "/shop/",
    ], done.stderr


@pytest.mark.once
def test_production_serves_files_compressed_and_for_ever(tmp_path: Path) -> None:
    program = """
import os
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import Client, override_settings
with override_settings(STATIC_ROOT=os.environ["FOLDER"]):
    call_command("collectstatic", interactive=False, verbosity=0)
    client = Client(headers={"host": "shop.example.com", "accept-encoding": "gzip"})
    sent = client.get(staticfiles_storage.url("shop.css"), secure=True)
    print(sent.status_code, sent.headers["Content-Encoding"], sent.headers["Cache-Control"])
"""

    done = manage("shell", "--no-imports", "--command", program, **PRODUCTION, FOLDER=str(tmp_path))

    [line] = done.stdout.splitlines()
    assert line == "200 gzip max-age=315360000, public, immutable", done.stderr
