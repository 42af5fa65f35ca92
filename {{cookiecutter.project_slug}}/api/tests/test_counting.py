"""Requests are counted where `CACHE_URL` says, also in a table that all processes share."""

from types import SimpleNamespace

import pytest
from django.core.cache import caches
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from config.settings.cache import cache

pytestmark = pytest.mark.django_db

PRODUCTS = "/api/products/"


@pytest.mark.parametrize(
    ("url", "backend", "location"),
    [
        ("memory://", "locmem.LocMemCache", None),
        ("database://shop_cache", "db.DatabaseCache", "shop_cache"),
    ],
)
def test_an_address_names_a_cache(url: str, backend: str, location: str | None) -> None:
    found = cache(url)

    assert found["BACKEND"] == f"django.core.cache.backends.{backend}"
    assert found.get("LOCATION") == location


@pytest.mark.parametrize("url", ["", "database://", "redis://", "memcached://localhost", "7"])
def test_an_address_that_names_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="memory:// database://TABLE redis://"):
        cache(url)


def test_processes_that_share_a_table_share_the_count(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No minute turns in between.
    monkeypatch.setattr("api.throttles.time", SimpleNamespace(time=lambda: 4_000_000_020.0))
    settings.CACHES = {"default": cache("database://shop_cache")}
    settings.API_RATES = {**settings.API_RATES, "read": 2}
    call_command("createcachetable", verbosity=0)

    statuses = []
    for _ in range(3):
        # As in a process of its own: what a cache object remembers is gone.
        del caches["default"]
        statuses.append(client.get(PRODUCTS).status_code)

    assert statuses == [200, 200, 429]
