"""Every form of the admin is stored once, or does no harm when it is stored twice.

Nor do the others: a question about a mail, a newsletter, an export or a refund is one conditional
move, which the second answer finds made; *run now* and *retry as new* make a second run, and that
is what every task has to bear. Of the customers' forms the checkout has a key of its own, an
account is one by its address, an export that is on its way is the answer, and a cart is looked at
before it is paid for.
"""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import User
from tasks.admin.storing import StoresOnce
from tasks.models import Schedule
from tests.forms import form_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]

HARMLESS = {
    "accounts.User": "An address is unique. To store the same again changes nothing.",
    "auth.Group": "A name is unique. To store the same again changes nothing.",
    "tasks.Schedule": "A name is unique. To store the same again changes nothing.",
    "api.Token": "The other one is listed, was never used, and nobody knows it.",
}


def test_no_form_does_harm_that_comes_twice(rf: RequestFactory, admin_user: User) -> None:
    request: Any = rf.get("/")
    request.user = admin_user
    found = {
        model._meta.label
        for model, shown in admin.site._registry.items()
        if shown.has_add_permission(request) or shown.has_change_permission(request)
        if not isinstance(shown, StoresOnce)
    }

    assert found == {*HARMLESS}, "have it stored once, or say why it does no harm"


UNIQUE: list[tuple[type[Any], dict[str, str]]] = [
    (User, {"email": "ada@example.com", "usable_password": "false"}),
    (Group, {"name": "Editors"}),
    (Schedule, {"name": "Nightly", "task": "cleanup.tasks.clean_up", "cron": "0 3 * * *"}),
]


@pytest.mark.parametrize(("model", "values"), UNIQUE)
def test_what_has_a_name_of_its_own_is_made_once(
    model: type[Any], values: dict[str, str], admin_client: Client
) -> None:
    add = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
    form = form_of(admin_client.get(add)) | values
    before = model.objects.count()

    first = admin_client.post(add, form)
    again = admin_client.post(add, form)

    assert (first.status_code, again.status_code) == (302, 200)
    assert model.objects.count() == before + 1
