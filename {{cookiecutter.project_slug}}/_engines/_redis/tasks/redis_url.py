"""What the address in `REDIS_URL` says to people."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    import redis
    import redis.asyncio

PASSWORD = "password"  # noqa: S105
"""The option of the address that is one."""


def place() -> str:
    """Return where Redis is, without its password, for people to read."""
    parts = urlsplit(settings.REDIS_URL)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def has_password() -> bool:
    """Whether Redis is given a password."""
    parts = urlsplit(settings.REDIS_URL)
    in_login = parts.netloc.rpartition("@")[0].partition(":")[2]
    return bool(in_login or PASSWORD in parse_qs(parts.query))


def usable[Client: redis.Redis | redis.asyncio.Redis](make: Callable[[], Client]) -> Client:
    """Return the client that `make` makes, when redis-py takes what the address says after its `?`.

    Raises `redis.ConnectionError`, as if nobody answered there: what the web stores, it stores
    whatever becomes of its messages.
    """
    from redis import ConnectionError as NoConnection
    from redis import RedisError

    try:
        client = make()
        # Nothing is connected. Only so redis-py looks at all of the options. It is none of the
        # pool's, which may be allowed no more than one.
        pool = client.connection_pool
        pool.connection_class(**pool.connection_kwargs)
    except (RedisError, TypeError, ValueError, AttributeError) as error:
        message = f"REDIS_URL has an option that redis-py does not take: {error}"
        raise NoConnection(message) from error
    return client


def check(*clients: Callable[[], redis.Redis | redis.asyncio.Redis]) -> list[checks.CheckMessage]:
    """Report what is wrong with how Redis is reached in production.

    Raises `ImproperlyConfigured` when none of `clients` could ever be connected.
    """
    from redis import ConnectionError as NoConnection

    try:
        for make in clients:
            usable(make)
    except NoConnection as error:
        raise ImproperlyConfigured(f"{error}; correct it here or in .env") from error
    if settings.DEBUG:
        return []
    if not settings.REDIS_URL_IS_GIVEN:
        return [
            checks.Error(
                "REDIS_URL is not set: production has to say where its Redis is.",
                hint="Name it: REDIS_URL=redis://:password@host:6379/0",
                id="tasks.E002",
            )
        ]
    if has_password():
        return []
    return [
        checks.Warning(
            "REDIS_URL has no password: whoever reaches Redis can stop the tasks.",
            hint="Give Redis a password: REDIS_URL=redis://:password@host:6379/0",
            id="tasks.W001",
        )
    ]
