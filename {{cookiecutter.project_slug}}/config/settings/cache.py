"""The cache: it counts requests of the API, and nothing in it is missed when it is lost."""

from importlib.util import find_spec
from typing import Any

from config.settings.env import env, split_url

BACKENDS = "django.core.cache.backends"


def cache(url: str) -> dict[str, Any]:
    """The entry of `CACHES` for `url`."""
    parts = split_url(url)
    match parts.scheme:
        # Each process has its own.
        case "memory":
            return {"BACKEND": f"{BACKENDS}.locmem.LocMemCache"}
        # Shared, in a table that `manage.py createcachetable` makes.
        case "database" if parts.netloc:
            return {"BACKEND": f"{BACKENDS}.db.DatabaseCache", "LOCATION": parts.netloc}
        case "redis" | "rediss" if parts.hostname:
            if find_spec("redis") is None:
                raise ValueError("names a Redis, and its package is not installed: uv add redis")
            return {"BACKEND": f"{BACKENDS}.redis.RedisCache", "LOCATION": url}
    raise ValueError("is none of memory:// database://TABLE redis://HOST:PORT/NUMBER")


CACHES = {
    "default": env.parsed("CACHE_URL", cache, default="memory://", example="database://shop_cache")
}
