"""The admin shows how far exports are, and stops them."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import make_user
from exports.models import Export
from exports.states import ExportState
from exports.tests.factories import make_export, make_orders
from tasks.testing import run_due

pytestmark = pytest.mark.django_db

LIST = reverse("admin:exports_export_changelist")


def page(export: Export) -> str:
    return reverse("admin:exports_export_change", args=[export.pk])


def cancelling(export: Export) -> str:
    return reverse("admin:exports_export_cancel", args=[export.pk])


def test_progress_is_shown_in_the_list_and_on_the_page(admin_client: Client) -> None:
    export = make_export()
    Export.objects.update(state=ExportState.READING, rows=10, total=40)

    for address in (LIST, page(export)):
        shown = admin_client.get(address).content.decode()
        assert '<progress max="100" value="25"' in shown
        assert "10 of 40 rows" in shown


def test_the_parts_of_an_export_are_shown(admin_client: Client) -> None:
    export = make_export(user=make_orders(50)[0].user)
    run_due()

    shown = admin_client.get(page(export)).content.decode()

    assert shown.count("field-last_key") >= 3
    assert reverse("admin:tasks_taskrun_change", args=[export.run_id]) in shown


@pytest.mark.parametrize(("language", "size"), [("en", "2.3\xa0MB"), ("de", "2,3\xa0MB")])
def test_a_size_is_told_in_the_unit_and_language_of_its_reader(
    admin_client: Client, language: str, size: str
) -> None:
    export = make_export()
    Export.objects.update(size=2_400_000)

    shown = admin_client.get(page(export), headers={"Accept-Language": language})

    assert size in shown.content.decode()


def test_what_an_export_does_not_have_yet_is_one_dash_everywhere(admin_client: Client) -> None:
    export = make_export()

    for address in (LIST, page(export)):
        shown = admin_client.get(address).content.decode()
        assert re.search(r">\s*–\s*<", shown)
        assert not re.search(r">\s*-\s*<", shown)


def test_cancelling_asks_first_and_then_cancels(admin_client: Client) -> None:
    export = make_export()
    assert cancelling(export) in admin_client.get(page(export)).content.decode()

    asked = admin_client.get(cancelling(export))
    assert "Cancel this export?" in asked.content.decode()
    assert export.user.email in asked.content.decode()
    assert Export.objects.get().state == ExportState.WAITING

    admin_client.post(cancelling(export), {"_form_submitted": "True"})
    assert Export.objects.get().state == ExportState.CANCELLED
    assert cancelling(export) not in admin_client.get(page(export)).content.decode()


def test_who_may_only_look_cannot_cancel(client: Client) -> None:
    looker = make_user(is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_export"))
    client.force_login(looker)
    export = make_export()

    assert client.get(LIST).status_code == 200
    assert cancelling(export) not in client.get(page(export)).content.decode()
    assert client.post(cancelling(export), {}).status_code == 403
    assert Export.objects.get().state == ExportState.WAITING


def test_nobody_can_write_a_state_by_hand(admin_client: Client) -> None:
    export = make_export()

    assert admin_client.post(page(export), {"state": "ready"}).status_code == 403
    assert admin_client.get(reverse("admin:exports_export_add")).status_code == 403
    deletion = reverse("admin:exports_export_delete", args=[export.pk])
    assert admin_client.get(deletion).status_code == 403
