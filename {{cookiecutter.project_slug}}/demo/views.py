"""The page to try the shop with: buttons that do the real thing, and what their tasks do."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from demo import seed
from demo.actions import Refused
from demo.cards import CARDS, Card, pressed
from demo.documents import as_html
from demo.live import look


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """The page."""
    admin = {"login": seed.ADMIN_LOGIN, "password": seed.ADMIN_PASSWORD}
    # Each stands in its card; those of other pages stand where all pages show them.
    told = {message.extra_tags: message for message in messages.get_messages(request)}
    cards = [(card, told.pop(card.name, None)) for card in CARDS]
    context = {
        "cards": cards,
        "messages": told.values(),
        "live": look(),
        "admin": admin if settings.DEBUG else None,
    }
    return render(request, "demo/home.html", context)


@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """The list of what the tasks do, alone; the page asks for it every other second."""
    return render(request, "demo/partials/live.html", {"live": look()})


@require_safe
def pattern(request: HttpRequest, name: str) -> HttpResponse:
    """A pattern's page of the documentation."""
    card = next((card for card in CARDS if card.name == name), None)
    if card is None or card.page is None:
        raise Http404
    path = card.page.relative_to(settings.BASE_DIR)
    others = {
        f"{each.name}.md": reverse("demo-pattern", args=[each.name]) for each in CARDS if each.page
    }
    document = as_html(card.page.read_text(), addresses=others)
    context = {"card": card, "path": path, "document": document}
    return render(request, "demo/pattern.html", context)


@require_POST
def press(request: HttpRequest, name: str) -> HttpResponse:
    """Do what a button says."""
    try:
        card, button = pressed(name)
    except LookupError as error:
        raise Http404 from error
    try:
        messages.success(request, button.press(), extra_tags=card.name)
    except Refused as error:
        messages.warning(request, str(error), extra_tags=card.name)
    return answer(request, card)


def answer(request: HttpRequest, card: Card) -> HttpResponse:
    """What changed: as parts of the page for htmx, else the way back to the page."""
    if not request.headers.get("HX-Request"):
        return redirect(f"{reverse('home')}#{card.name}")
    return render(request, "demo/partials/answer.html", {"live": look(), "card": card})
