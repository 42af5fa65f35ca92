"""Settings that are wrong together are found at start-up, with a hint that says what to type."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.checks import CheckMessage
from pytest_django import Settings

from config import checks

type Check = Callable[..., list[CheckMessage]]


@pytest.mark.parametrize(
    ("check", "wrong", "found", "hint"),
    [
        (checks.allowed_hosts, {"ALLOWED_HOSTS": []}, "config.E001", "ALLOWED_HOSTS="),
        (
            checks.allowed_hosts,
            {"ALLOWED_HOSTS": ["https://shop.example.com"]},
            "config.E002",
            "ALLOWED_HOSTS=shop.example.com",
        ),
        (
            checks.allowed_hosts,
            {"ALLOWED_HOSTS": ["shop.example.com:8000"]},
            "config.E002",
            "without scheme, port or path",
        ),
        (checks.site_url, {"SITE_URL": "shop.example.com"}, "config.E003", "SITE_URL=https://"),
        (
            checks.site_url,
            {"SITE_URL": "https://shop.example.com/en"},
            "config.E004",
            "SITE_URL=https://shop.example.com",
        ),
        (
            checks.site_url,
            {"SITE_URL": "https://shop.example.com", "ALLOWED_HOSTS": ["other.example.com"]},
            "config.W001",
            "ALLOWED_HOSTS=other.example.com,shop.example.com",
        ),
        (
            checks.sender,
            {"DEFAULT_FROM_EMAIL": "shop"},
            "config.E005",
            "DEFAULT_FROM_EMAIL=Shop <shop@example.com>",
        ),
        (
            checks.mail_leaves,
            {"MAILERS": {"default": {"BACKEND": "config.mail.FolderBackend"}}},
            "config.E006",
            "EMAIL_URL=smtp://",
        ),
        (checks.no_demo, {"DEMO": True}, "config.E007", "DEMO=false"),
    ],
)
def test_a_wrong_setting_is_found(
    settings: Settings, check: Check, wrong: dict[str, Any], found: str, hint: str
) -> None:
    for name, value in wrong.items():
        setattr(settings, name, value)

    [message] = check(None)

    assert message.id == found
    assert message.hint is not None
    assert hint in message.hint


@pytest.mark.parametrize(
    "hosts", [["*"], [".example.com"], ["shop.example.com", "127.0.0.1", "[::1]"], ["täst.example"]]
)
def test_hosts_as_django_understands_them_pass(settings: Settings, hosts: list[str]) -> None:
    settings.ALLOWED_HOSTS = hosts

    assert checks.allowed_hosts(None) == []
