"""An address of the admin may hold anything in place of an id: that is no error of the site's."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from accounts.tests.factories import make_user

pytestmark = pytest.mark.django_db

NO_IDS = ("abc", "9" * 30, "\x00")


def patterns(within: Any = None) -> Iterator[URLPattern]:
    for each in admin.site.urls[0] if within is None else within:
        if isinstance(each, URLResolver):
            yield from patterns(each.url_patterns)
        elif each.name and set(each.pattern.converters) == {"object_id"}:
            yield each


NAMES = sorted({str(pattern.name) for pattern in patterns()})


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_id_leads_to_nothing(name: str) -> None:
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))

    for no_id in NO_IDS:
        address = reverse(f"admin:{name}", kwargs={"object_id": no_id})
        for answer in (client.get(address), client.post(address, {"_form_submitted": "True"})):
            assert answer.status_code < 500, address
