"""The pages: ask, watch, download; each user their own."""

import re
from datetime import timedelta

import pytest
from django.core.signing import TimestampSigner
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.tests.factories import make_user
from api import tokens
from exports import files
from exports.kinds import ExportKind
from exports.links import download_link
from exports.models import Export
from exports.states import ExportState
from exports.tests.factories import make_export, make_orders, make_staff
from orders.models import Order
from tasks.testing import run_due

pytestmark = pytest.mark.django_db

EXPORTS = reverse("exports:exports")


@pytest.fixture
def owner() -> User:
    return make_user()


@pytest.fixture
def browser(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def ready(owner: User, kind: ExportKind = ExportKind.ORDERS_CSV, **fields: bool) -> Export:
    export = make_export(kind, user=owner, **fields)
    run_due()
    export.refresh_from_db()
    assert export.state == ExportState.READY
    return export


def test_asking_shows_the_export_and_asks_for_news_until_it_is_ready(
    browser: Client, owner: User
) -> None:
    answer = browser.post(EXPORTS, {"kind": "orders_csv"}, follow=True)

    export = Export.objects.get(user=owner)
    status = reverse("exports:status", args=[export.id])
    assert f'hx-get="{status}"' in answer.content.decode()
    run_due()

    fragment = text(browser, status)
    assert "badge--ready" in fragment
    assert "hx-get" not in fragment
    assert "<html" not in fragment
    assert download_link(Export.objects.get()).split("?")[0] in fragment


def test_asking_twice_says_that_it_is_on_its_way(browser: Client) -> None:
    browser.post(EXPORTS, {"kind": "orders_csv"})

    answer = browser.post(EXPORTS, {"kind": "orders_csv"}, follow=True)

    assert "on its way already" in answer.content.decode()
    assert Export.objects.count() == 1


def test_a_third_at_once_is_an_error_in_the_form(browser: Client, owner: User) -> None:
    for kind in (ExportKind.ORDERS_CSV, ExportKind.ORDERS_XLSX):
        make_export(kind, user=owner)

    answer = browser.post(EXPORTS, {"kind": "my_data"})

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert Export.objects.count() == 2


def test_only_staff_are_offered_everybodys_orders(browser: Client, client: Client) -> None:
    assert "everyones" not in text(browser, EXPORTS)
    browser.post(EXPORTS, {"kind": "orders_csv", "everyones": "on"})
    assert not Export.objects.get().everyones

    client.force_login(make_staff())
    assert "everyones" in text(client, EXPORTS)


def test_progress_is_told_in_rows_percent_and_time(browser: Client, owner: User) -> None:
    export = make_export(user=owner)
    began_at = timezone.now() - timedelta(seconds=30)
    Export.objects.update(state=ExportState.READING, rows=1_500, total=6_000, began_at=began_at)

    page = text(browser, reverse("exports:status", args=[export.id]))

    assert re.search(r"25 % · 1,?500 of 6,?000 rows · (1 min|9\d s) left", page)
    assert '<progress max="100" value="25"' in page


def test_the_file_is_sent_as_an_attachment_and_sniffed_by_nobody(
    browser: Client, owner: User
) -> None:
    make_orders(3, user=owner)
    export = ready(owner)

    answer = browser.get(download_link(export))

    assert b"".join(answer.streaming_content) == files.read(export.file)  # type: ignore[attr-defined]
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{export.filename}"'
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer.headers["Cache-Control"]
    assert "no-store" in answer.headers["Cache-Control"]
    answer.close()


def test_others_find_nothing_even_with_the_link(client: Client, owner: User) -> None:
    export = ready(owner)
    link = download_link(export)
    assert client.get(link).headers["Location"].startswith(reverse("accounts:login"))
    status = reverse("exports:status", args=[export.id])
    assert client.get(status).status_code == 404

    for other in (make_user(), make_staff()):
        client.force_login(other)
        assert client.get(link).status_code == 404
        assert client.get(status).status_code == 404
        cancelling = reverse("exports:cancel", args=[export.id])
        assert client.post(cancelling).status_code == 404
        assert str(export.id) not in text(client, EXPORTS)


def test_a_program_gets_the_file_of_its_user_by_its_token(client: Client, owner: User) -> None:
    link = client_of(owner).get(f"/api/exports/{ready(owner).id}/").json()["download"]

    assert client_of(make_user()).get(link).status_code == 404
    refused = client.get(link, headers={"Authorization": "Bearer shop_nobodys"})
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    answer = client_of(owner).get(link)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    answer.close()


def client_of(user: User) -> Client:
    _, token = tokens.issue(user=user, name="a program")
    return Client(headers={"Authorization": f"Bearer {token}"})


def test_a_link_fits_one_export_only(browser: Client, owner: User) -> None:
    one, other = ready(owner), ready(owner, ExportKind.MY_DATA)
    address, _, token = download_link(one).partition("?token=")

    assert (
        browser.get(f"{address.replace(str(one.id), str(other.id))}?token={token}").status_code
        == 404
    )
    assert browser.get(address).status_code == 404
    forged = TimestampSigner(salt="exports").sign("").lstrip(":")
    assert browser.get(f"{address}?token={forged}").status_code == 404
    assert browser.get(f"{address}?token=../../etc/passwd").status_code == 404


def test_an_old_link_leads_to_a_new_one(browser: Client, owner: User, settings: Settings) -> None:
    link = download_link(ready(owner))
    settings.EXPORT_LINK_SECONDS = -1

    answer = browser.get(link, follow=True)

    assert "Here is a new one." in answer.content.decode()


def test_who_is_staff_no_more_gets_no_orders_of_others(browser: Client, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(is_superuser=True)
    owner.refresh_from_db()
    export = ready(owner, everyones=True)
    User.objects.filter(pk=owner.pk).update(is_superuser=False)

    assert browser.get(download_link(export)).status_code == 404


def test_what_has_expired_or_is_lost_is_not_found(browser: Client, owner: User) -> None:
    export = ready(owner)
    files.delete_all(export)
    assert browser.get(download_link(export)).status_code == 404
    Export.objects.update(state=ExportState.EXPIRED)

    assert browser.get(download_link(export)).status_code == 404
    assert "download/" not in text(browser, EXPORTS)


def test_nobody_downloads_what_is_too_old_even_before_it_is_deleted(
    browser: Client, owner: User
) -> None:
    export = ready(owner)
    Export.objects.update(expires_at=timezone.now())

    assert browser.get(download_link(export)).status_code == 404
    page = text(browser, EXPORTS)
    assert "download/" not in page
    assert "badge--expired" in page


def test_cancelling_is_told_and_asks_for_no_more_news(browser: Client, owner: User) -> None:
    export = make_export(user=owner)
    address = reverse("exports:cancel", args=[export.id])
    assert browser.get(address).status_code == 405

    page = browser.post(address, follow=True).content.decode()
    again = browser.post(address, follow=True).content.decode()

    assert "The export is cancelled." in page
    assert "badge--cancelled" in page
    assert "hx-get" not in page
    assert "had ended before" in again


def test_the_page_holds_no_inline_script_or_style(browser: Client, owner: User) -> None:
    Order.objects.all().delete()
    ready(owner)
    make_export(user=owner)

    page = text(browser, EXPORTS)

    assert not re.search(r"<script(?![^>]*\bsrc=)|\bstyle=|<style|\bon\w+=", page)
