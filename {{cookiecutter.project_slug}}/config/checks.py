"""What is wrong with the settings, found when a command starts and not by the first visitor."""

import re
from collections.abc import Sequence
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.http.request import split_domain_port, validate_host

from config import telemetry

type Apps = Sequence[AppConfig] | None

# What a browser sends in the Host header, without the port; a leading dot takes in subdomains.
HOST = re.compile(r"\*|\.?[\w.-]+|\[[0-9a-fA-F:.]+\]")


@register(Tags.security)
def allowed_hosts(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Hosts are named, and as bare names."""
    if not settings.ALLOWED_HOSTS and not settings.DEBUG:
        return [
            Error(
                "ALLOWED_HOSTS is empty: every request would be refused.",
                hint="Name the hosts the site is reached by: ALLOWED_HOSTS=shop.example.com",
                id="config.E001",
            )
        ]
    return [
        Error(
            f"ALLOWED_HOSTS holds {host!r}, which matches no request.",
            hint="Write the name alone, without scheme, port or path: "
            "ALLOWED_HOSTS=shop.example.com",
            id="config.E002",
        )
        for host in settings.ALLOWED_HOSTS
        if not HOST.fullmatch(host)
    ]


@register(Tags.urls)
def site_url(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Links in mails are SITE_URL and a path: it is absolute, ends with the host, and is served."""
    url = settings.SITE_URL
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return [
            Error(
                f"SITE_URL is {url!r}, which is not absolute.",
                hint="Begin with the scheme: SITE_URL=https://shop.example.com",
                id="config.E003",
            )
        ]
    if parts.path or parts.query or parts.fragment:
        return [
            Error(
                f"SITE_URL is {url!r}, which does not end with the host.",
                hint=f"Leave out what follows it: SITE_URL={parts.scheme}://{parts.netloc}",
                id="config.E004",
            )
        ]
    host, _ = split_domain_port(parts.netloc)
    hosts = [] if settings.DEBUG else settings.ALLOWED_HOSTS
    if hosts and not validate_host(host, hosts):
        return [
            Warning(
                f"ALLOWED_HOSTS lacks {host!r}, the host of SITE_URL: links in mails would be "
                "refused.",
                hint=f"Add it: ALLOWED_HOSTS={','.join([*hosts, host])}",
                id="config.W001",
            )
        ]
    return []


@register(Tags.mail)
def sender(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Mail has a sender; servers refuse it otherwise."""
    local, _, domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")
    if local and domain:
        return []
    return [
        Error(
            f"DEFAULT_FROM_EMAIL is {settings.DEFAULT_FROM_EMAIL!r}, which is no address.",
            hint="With or without a name: DEFAULT_FROM_EMAIL=Shop <shop@example.com>",
            id="config.E005",
        )
    ]


@register(Tags.mail, deploy=True)
def mail_leaves(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Customers get their mail."""
    if settings.MAILERS["default"]["BACKEND"] != "config.mail.FolderBackend":
        return []
    return [
        Error(
            "Mail is written to files, and reaches nobody.",
            hint="Name a server: EMAIL_URL=smtp://user:password@smtp.example.com:587/?tls=true",
            id="config.E006",
        )
    ]


@register(Tags.security, deploy=True)
def no_demo(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Customers are not offered seed data and play money."""
    if not settings.DEMO:
        return []
    return [
        Error(
            "The demo is on, which takes orders for seed data and charges no money.",
            hint="Leave DEMO unset or write DEMO=false",
            id="config.E007",
        )
    ]


@register()
def telemetry_is_installed(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """What is to be told can be told."""
    found: list[CheckMessage] = []
    if settings.TRACES_EXPORTER and not telemetry.can_trace():
        found.append(
            Error(
                "TRACES_EXPORTER is set, and OpenTelemetry is not installed.",
                hint="Install it: uv sync --extra otel",
                id="config.E008",
            )
        )
    if settings.SENTRY_DSN and not telemetry.can_report():
        found.append(
            Error(
                "SENTRY_DSN is set, and sentry-sdk is not installed.",
                hint="Install it: uv sync --extra sentry",
                id="config.E009",
            )
        )
    return found
