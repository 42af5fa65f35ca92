"""What follows the `?` of `REDIS_URL` is redis-py's: what it does not take is refused."""

import logging

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from tasks import redis_url
from tasks.engine import engine
from tasks.tests.factories import make_run
from tests.test_settings import PRODUCTION, refusal

WRONG = {
    "unknown": "redis://:s3cret@localhost/0?nonsense=1",
    "malformed": "redis://:s3cret@localhost/0?socket_timeout=abc",
    "of sentinels": "redis+sentinel://:s3cret@localhost/shop/0?nonsense=1",
}


@pytest.fixture(params=WRONG.values(), ids=list(WRONG))
def wrong(request: pytest.FixtureRequest) -> str:
    """An address that only redis-py finds fault with."""
    return str(request.param)


def test_an_option_that_is_none_is_one_sentence_before_anything_starts(wrong: str) -> None:
    line = refusal("worker", **PRODUCTION | {"REDIS_URL": wrong})

    assert line.startswith("REDIS_URL has an option that redis-py does not take: ")
    assert "nonsense" in line or "socket_timeout" in line
    assert "s3cret" not in line


@pytest.mark.django_db
def test_a_site_with_such_an_address_says_so_and_goes_on(
    wrong: str, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = wrong
    fresh = type(engine)()

    fresh.ring([make_run().pk])
    fresh.ring([make_run().pk])

    said = [record for record in caplog.records if record.name == "tasks"]
    assert len(said) == 1
    assert said[0].levelno >= logging.WARNING
    assert "an option that redis-py does not take" in caplog.text
    assert fresh.backlog() is None
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL has an option"):
        fresh.check()


@pytest.mark.parametrize(
    ("url", "has_password"),
    [
        ("redis://host/0?password=x", True),
        ("redis://user:x@host/0", True),
        ("redis://user@host/0?protocol=2", False),
        ("redis://host/0?password=", False),
        ("redis+sentinel://host/shop?sentinel_password=x", False),
    ],
)
def test_a_password_may_be_an_option(url: str, has_password: bool, settings: Settings) -> None:
    settings.REDIS_URL = url

    assert redis_url.has_password() is has_password
