"""The Redis that carries background tasks."""

import re

from config.settings.env import env

SCHEMES = ("redis", "rediss", "redis+sentinel", "rediss+sentinel")
HOST = re.compile(r"([^:\[\]]+|\[[0-9a-fA-F:.]+\])(?::(\d{1,5}))?")
LAST_PORT = 65535


def redis_url(url: str) -> str:
    """`url`, when it is an address of Redis or of the Sentinels that know where it is."""
    scheme, _, rest = url.partition("://")
    if scheme not in SCHEMES:
        raise ValueError("begins with none of redis:// rediss:// redis+sentinel://")
    if "#" in url:
        raise ValueError("holds a #, which a password writes as %23")
    place, _, path = rest.partition("?")[0].partition("/")
    hosts = place.rpartition("@")[2].split(",")
    found = [HOST.fullmatch(host) for host in hosts]
    if not all(found):
        raise ValueError("names no host, or one whose port is no number")
    if any(match and not 0 < int(match[2] or 1) <= LAST_PORT for match in found):
        raise ValueError(f"names a port that is not from 1 to {LAST_PORT}")
    is_sentinel = scheme.endswith("+sentinel")
    if len(hosts) > 1 and not is_sentinel:
        raise ValueError("names several hosts, which only Sentinels may be")
    service, _, number = (
        path.rpartition("/")
        if is_sentinel and "/" in path
        else ((path, "", "") if is_sentinel else ("", "", path))
    )
    if is_sentinel and not service:
        raise ValueError("does not say what the Sentinels call the server")
    if number and not number.isdecimal():
        raise ValueError("ends with a database that is no number")
    return url


def redis_prefix(prefix: str) -> str:
    """`prefix`, when it can begin the names of keys."""
    if not re.fullmatch(r"[\w.-]+", prefix):
        raise ValueError("holds more than letters, digits, dots, dashes and underscores")
    return prefix


REDIS_URL = env.parsed(
    "REDIS_URL", redis_url, default="redis://localhost:6379/0", example="redis://localhost:6379/0"
)
# The default is one for development: production is asked for its own, see `tasks.redis_url.check`.
REDIS_URL_IS_GIVEN = bool(env.text("REDIS_URL"))
# Projects that share a Redis need a prefix each.
REDIS_PREFIX = env.parsed("REDIS_PREFIX", redis_prefix, default="tasks", example="shop")
