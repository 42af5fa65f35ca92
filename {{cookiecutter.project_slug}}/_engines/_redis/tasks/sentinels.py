"""Addresses of the Sentinels that know where Redis is: `redis+sentinel://…` and with TLS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from redis.connection import parse_url

SCHEME_END = "+sentinel"
PORT = 26379
OF_SENTINELS = "sentinel_"
"""So begin the options that are for the Sentinels themselves: `?sentinel_password=…`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentinels:
    """Whom to ask, for what, and how to speak to whom."""

    hosts: list[tuple[str, int]]
    service: str
    """What the Sentinels call the server."""
    options: dict[str, Any]
    """For connections with the server: its login and database, TLS and what the query says."""
    own_options: dict[str, Any]
    """For connections with the Sentinels."""


def sentinels_of(url: str) -> Sentinels | None:
    """Return whom such an address names; `None` when it is that of a server itself.

    `redis+sentinel://user:password@host:port,host:port/service/number?option=value`: the login is
    the server's, and the options are redis-py's own. Those about TLS are for the Sentinels, too.
    """
    parts = urlsplit(url)
    if not parts.scheme.endswith(SCHEME_END):
        return None
    login, _, hosts = parts.netloc.rpartition("@")
    service, _, number = parts.path.strip("/").partition("/")
    options = _options(parts, login, number)
    if parts.scheme.startswith("rediss"):
        options["ssl"] = True
    own = {
        name.removeprefix(OF_SENTINELS): options.pop(name)
        for name in list(options)
        if name.startswith(OF_SENTINELS)
    }
    shared = {name: value for name, value in options.items() if name.startswith("ssl")}
    return Sentinels(
        hosts=[_host_and_port(host) for host in hosts.split(",")],
        service=unquote(service),
        options=options,
        own_options=shared | own,
    )


def _options(parts: SplitResult, login: str, number: str) -> dict[str, Any]:
    """What redis-py reads from the address of a server with the same login, database and query."""
    like = f"redis://{login}@server/{number or 0}?{parts.query}"
    options: dict[str, Any] = dict(parse_url(like))  # type: ignore[no-untyped-call,unused-ignore]
    del options["host"]
    return options


def _host_and_port(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    if not host:
        return port.strip("[]"), PORT
    return host.strip("[]"), int(port or PORT)
