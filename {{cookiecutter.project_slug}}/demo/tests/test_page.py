"""The try-it page: its buttons do the real thing, with JavaScript and without."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.messages import get_messages
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from demo import archive, seed
from demo.cards import CARDS, Card, pressed
from demo.documents import as_html
from demo.mail import stop
from demo.templatetags.clock import ago, span
from demo.tests.witness import Witness
from emails.models import Email, EmailState
from exports.models import Export
from exports.states import ExportState
from orders.models import Order, Product
from orders.states import OrderState
from orders.tasks import process_order
from tasks.admin.words import NOTHING
from tasks.models import TaskRun
from tasks.testing import assert_enqueued, run_due

pytestmark = pytest.mark.django_db

BUTTONS = ("register", "order", "order-twice")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def product() -> Product:
    return Product.objects.create(name="Mug", slug="mug", price=2200, stock=10)


def url_of(button: str) -> str:
    return reverse("demo-press", args=[button])


def told(client: Client, button: str) -> str:
    """Press a button without JavaScript, and read what the page says then."""
    response = client.post(url_of(button))
    assert response.status_code == 302
    assert response["Location"] == f"{reverse('home')}#{pressed(button)[0].name}"
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def test_registering_stores_a_customer_and_their_welcome_mail(client: Client) -> None:
    text = told(client, "register")

    user = User.objects.get()
    mail = Email.objects.get()
    assert str(user) in text
    assert (mail.to, mail.state) == (user.email, EmailState.PENDING)
    assert not user.has_usable_password()


def test_placing_an_order_enqueues_it(client: Client, product: Product) -> None:
    text = told(client, "order")

    order = Order.objects.get()
    assert_enqueued(process_order, order.pk)
    assert "22.00 EUR" in text
    assert order.state == OrderState.PENDING


@pytest.mark.django_db(transaction=True)
def test_ordering_twice_charges_once(client: Client, product: Product, witness: Witness) -> None:
    text = told(client, "order-twice")
    run_due()

    order = Order.objects.get()
    assert "the answers name 1 order" in text
    assert order.state == OrderState.CONFIRMED
    assert witness.charge().calls == 1
    assert Product.objects.get().stock == 9


def test_nothing_is_ordered_when_nothing_is_left(client: Client) -> None:
    for button in ("order", "order-twice", "order-declined", "order-unanswered", "order-killed"):
        assert "Everything is sold out" in told(client, button)
    assert not Order.objects.exists()


@pytest.mark.parametrize("button", BUTTONS)
def test_htmx_gets_the_list_and_the_message_alone(
    client: Client, product: Product, button: str
) -> None:
    response = client.post(url_of(button), headers=HTMX)

    text = response.content.decode()
    assert response.status_code == 200
    assert "<html" not in text
    assert (
        f'<div id="told-{pressed(button)[0].name}" hx-swap-oob="innerHTML"><p class="message'
        in text
    )
    assert "message--success" in text
    assert "Scheduled" in text or "Ready" in text


@pytest.mark.parametrize("button", BUTTONS)
def test_a_button_is_no_link(client: Client, button: str) -> None:
    assert client.get(url_of(button)).status_code == 405


@pytest.mark.parametrize("button", BUTTONS)
def test_a_button_cannot_be_pressed_from_another_site(product: Product, button: str) -> None:
    assert Client(enforce_csrf_checks=True).post(url_of(button)).status_code == 403
    assert not TaskRun.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_live_list_shows_runs_orders_and_mails(client: Client, product: Product) -> None:
    told(client, "order")
    run_due()

    text = client.get(reverse("demo-live")).content.decode()

    assert "orders.process_order" in text
    assert "emails.send" in text
    assert "badge--successful" in text
    assert "badge--confirmed" in text
    assert "badge--sent" in text
    assert "1 of 12" in text


def test_a_declined_card_is_tried_once(client: Client, product: Product) -> None:
    told(client, "order-declined")
    run_due()

    assert Order.objects.get().state == OrderState.DECLINED
    assert Product.objects.get().stock == 10


def test_a_mail_waits_while_its_server_is_stopped_and_goes_out_once(
    client: Client, settings: LazySettings, tmp_path: Path
) -> None:
    folder = {"BACKEND": "config.mail.FolderBackend", "OPTIONS": {"folder": str(tmp_path)}}
    settings.MAILERS = {"default": {"BACKEND": "demo.mail.StoppableBackend", "OPTIONS": folder}}
    told(client, "register-without-mail")
    run_due()
    mail = Email.objects.get()
    run = TaskRun.objects.get()
    assert mail.state == EmailState.PENDING
    assert "SMTPConnectError" in run.errors

    stop(0)
    TaskRun.objects.update(run_at=timezone.now())
    run_due()

    mail.refresh_from_db()
    assert mail.state == EmailState.SENT
    assert len(list(tmp_path.iterdir())) == 1


def test_the_same_export_twice_is_one_export(client: Client, product: Product) -> None:
    told(client, "export")
    assert "no second one" in told(client, "export")
    run_due()

    export = Export.objects.get()
    assert (export.state, export.rows) == (ExportState.READY, archive.ORDERS)


def test_two_cleaners_delete_every_session_once(client: Client) -> None:
    told(client, "clean-twice")
    run_due()

    assert not Session.objects.exists()
    assert sum(run.result for run in TaskRun.objects.all()) == archive.SESSIONS


@pytest.mark.parametrize("button", [card.breaks[-1].name for card in CARDS[1:]])
def test_no_worker_is_killed_where_the_demo_must_not_run(
    client: Client, product: Product, button: str
) -> None:
    assert "DEBUG is off" in told(client, button)


@pytest.mark.parametrize("card", [card for card in CARDS if card.page], ids=lambda card: card.name)
def test_every_card_leads_to_the_page_of_its_pattern(client: Client, card: Card) -> None:
    url = reverse("demo-pattern", args=[card.name])

    assert url in client.get(reverse("home")).content.decode()
    content = client.get(url).content.decode()
    assert "<h2>The naive version</h2>" in content
    assert "```" not in content


def test_what_is_written_in_a_document_becomes_no_markup_and_links_lead_only_to_what_is_shown() -> (
    None
):
    html = as_html(
        "<script>alert(1)</script> `<b>` [a](javascript:alert(1)) [b](../b.md) [c](c.md)\n\n"
        '```"><i>\n<u>\n```\n',
        addresses={"c.md": "/c/?a&b"},
    )

    assert re.findall(r"<\w[^>]*>", html) == [
        *("<p>", "<code>", "<a>", '<a href="/c/?a&amp;b">'),
        *('<pre tabindex="0">', "<code>"),
    ]
    assert "&lt;script&gt;" in html


def test_there_is_no_page_and_no_button_of_another_name(client: Client) -> None:
    assert client.get(reverse("demo-pattern", args=["settings"])).status_code == 404
    assert client.post(url_of("format-the-disk")).status_code == 404


def test_the_live_list_tells_when_no_worker_runs(client: Client) -> None:
    assert "No worker is running" in client.get(reverse("demo-live")).content.decode()


def test_the_live_list_takes_seven_queries_however_much_there_is(
    client: Client, django_assert_num_queries: "pytest.FixtureRequest"
) -> None:
    seed.plant()

    with django_assert_num_queries(7):  # type: ignore[operator]
        client.get(reverse("demo-live"))


def test_the_page_can_be_asked_for_its_head(client: Client) -> None:
    assert client.head(reverse("home")).status_code == 200


def test_the_page_is_not_cached(client: Client) -> None:
    for name in ("home", "demo-live"):
        assert "no-store" in client.get(reverse(name))["Cache-Control"]


def test_the_page_holds_nothing_that_a_strict_policy_refuses(
    client: Client, product: Product
) -> None:
    seed.plant()

    text = client.get(reverse("home")).content.decode()

    assert not re.search(
        r"<style|\sstyle=|\son\w+=|hx-on|javascript:|hx-vals|hx-trigger=\"[^\"]*\[", text
    )
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert '"allowEval": false' in text


def test_what_a_customer_is_called_is_escaped(client: Client, product: Product) -> None:
    User.objects.create_user('"<b>x</b>"@example.com')

    text = client.post(url_of("order"), headers=HTMX).content.decode()

    assert "<b>x</b>" not in text
    assert "&lt;b&gt;x&lt;/b&gt;" in text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3, "now"),
        (0, "now"),
        (12, "12 s ago"),
        (185, "3 min ago"),
        (7300, "2 h ago"),
        (200_000, "2 d ago"),
    ],
)
def test_moments_are_told_as_people_say_them(seconds: int, words: str) -> None:
    assert ago(timezone.now() - timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-1, "0 ms"), (0.0384, "38 ms"), (1.24, "1.2 s"), (240, "4 min")],
)
def test_spans_are_told_as_people_say_them(seconds: float, words: str) -> None:
    assert span(timedelta(seconds=seconds)) == words
    assert span(None) == ago(None) == NOTHING
