"""Newsletters in the admin: written, looked at, sent, paused and resumed."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import UnfoldAction
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from accounts.models import User
from emails import preview
from emails.models import EmailState
from newsletters import sending
from newsletters.letters import sample
from newsletters.models import Newsletter, NewsletterState
from newsletters.tasks import begin
from tasks.admin.asking import Named, NamingDialog, action
from tasks.admin.storing import StoresOnce
from tasks.admin.words import NOTHING

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

COLOURS: dict[str, str] = {
    NewsletterState.DRAFT: "",
    NewsletterState.ADDRESSING: "info",
    NewsletterState.SENDING: "info",
    NewsletterState.PAUSED: "warning",
    NewsletterState.SENT: "success",
}
OFFERED = {
    "send": NewsletterState.DRAFT,
    "call_off": NewsletterState.ADDRESSING,
    "pause": NewsletterState.SENDING,
    "resume": NewsletterState.PAUSED,
}


class NewsletterDialog(NamingDialog):
    """Asks about one newsletter, and names it."""

    model = Newsletter

    def named(self, row: Newsletter) -> Named:
        return Named(row.subject, state=row.get_state_display())


@admin.register(Newsletter)
class NewsletterAdmin(StoresOnce):
    """A draft can be changed; what is under way can be paused.

    A form is stored once: of two drafts alike, each could be sent to everybody.
    """

    list_display = ("subject", "shown_state", "shown_progress", "started_at", "ended_at")
    list_filter = ("state",)
    search_fields = ("subject",)
    # For each the mails are counted.
    list_per_page = 20
    fields = ("subject", "body", "state", "shown_progress", "started_at", "ended_at", "shown")
    readonly_fields = ("state", "shown_progress", "started_at", "ended_at", "shown")
    # Nothing for a selection: to delete one that is under way would be too easy.
    actions = None
    actions_detail: Any = ("send", "call_off", "pause", "resume")

    class Media:
        css = {"all": ("emails/admin.css",)}

    @display(description=_("State"), label=COLOURS)
    def shown_state(self, newsletter: Newsletter) -> tuple[str, str]:
        """The state in its colour."""
        return newsletter.state, newsletter.get_state_display()

    @display(description=_("Mails"))
    def shown_progress(self, newsletter: Newsletter) -> SafeString | str:
        """How many mails have gone out, how many are left, and with which something is wrong."""
        counts = sending.progress(newsletter)
        total = counts.total()
        if not total:
            return NOTHING
        context = {
            "total": total,
            "sent": counts[EmailState.SENT],
            "held": counts[EmailState.HELD],
            "failed": counts[EmailState.FAILED],
            "percent": 100 * counts[EmailState.SENT] // total,
        }
        return render_to_string("newsletters/_progress.html", context)

    @display(description=_("The mail"))
    def shown(self, newsletter: Newsletter) -> SafeString | str:
        """The newsletter as its readers see it, as it was stored last."""
        if newsletter.pk is None:
            return _("Store it to see it.")
        page = reverse("admin:newsletters_newsletter_preview", args=[newsletter.pk])
        return preview.frame(page, sample(newsletter).text)

    def get_urls(self) -> list[URLPattern]:
        """Add the page in the frame."""
        view = self.admin_site.admin_view(self.preview_view)
        own = [path("<int:pk>/preview/", view, name="newsletters_newsletter_preview")]
        return own + super().get_urls()

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer with the HTML of the mail, in which nothing runs."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return preview.page(sample(get_object_or_404(Newsletter, pk=pk)).html)

    def has_change_permission(self, request: HttpRequest, obj: Newsletter | None = None) -> bool:
        """What is under way is not changed: half of its readers have it."""
        return self._is_draft(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Newsletter | None = None) -> bool:
        return self._is_draft(obj) and super().has_delete_permission(request, obj)

    def has_send_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether the user may see newsletters, and send, pause and resume them."""
        may = request.user.has_perm("newsletters.send_newsletter")
        return self.has_view_permission(request) and may

    def get_actions_detail(self, request: HttpRequest, object_id: int | str) -> list[UnfoldAction]:
        """Offer what the state allows."""
        newsletter = self.get_object(request, str(object_id))
        if newsletter is None:
            return []
        names = {
            f"newsletters_newsletter_{name}"
            for name, state in OFFERED.items()
            if newsletter.status is state
        }
        allowed = super().get_actions_detail(request, object_id)
        return [action for action in allowed if action.action_name in names]

    @action(
        description=_("Send"),
        icon="send",
        variant=ActionVariant.PRIMARY,
        permissions=["send"],
        dialog={
            "title": _("Send this newsletter?"),
            "description": _(
                "As it was stored last, to everybody who asked for newsletters. It cannot be "
                "called back."
            ),
            "form_submit_text": _("Yes, send it"),
            "form_class": NewsletterDialog,
        },
    )
    def send(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Begin to send the newsletter of the page."""
        newsletter = self._of_page(request, object_id)
        try:
            changed = begin(newsletter)
        except sending.AnotherIsUnderWay as error:
            messages.error(request, str(error))
            return _reload(request, newsletter)
        return self._answer(request, newsletter, _("The newsletter is on its way."), changed)

    @action(
        description=_("Call it off"),
        icon="undo",
        permissions=["send"],
        dialog={
            "title": _("Call this newsletter off?"),
            "description": _("No mail has been written yet. It will be a draft again."),
            "form_submit_text": _("Yes, call it off"),
            "form_class": NewsletterDialog,
        },
    )
    def call_off(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Make the newsletter of the page a draft again."""
        newsletter = self._of_page(request, object_id)
        changed = sending.call_off(newsletter)
        return self._answer(request, newsletter, _("The newsletter is a draft again."), changed)

    @action(
        description=_("Pause"),
        icon="pause",
        permissions=["send"],
        dialog={
            "title": _("Pause this newsletter?"),
            "description": _("Mails that are being handed over still go out; no further ones do."),
            "form_submit_text": _("Yes, pause it"),
            "form_class": NewsletterDialog,
        },
    )
    def pause(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Pause the newsletter of the page."""
        newsletter = self._of_page(request, object_id)
        changed = sending.pause(newsletter, by=cast(User, request.user))
        return self._answer(request, newsletter, _("The newsletter is paused."), changed)

    @action(
        description=_("Resume"),
        icon="play_arrow",
        variant=ActionVariant.PRIMARY,
        permissions=["send"],
        dialog={
            "title": _("Resume this newsletter?"),
            "description": _("It goes on with those who have not got it."),
            "form_submit_text": _("Yes, resume it"),
            "form_class": NewsletterDialog,
        },
    )
    def resume(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Resume the newsletter of the page."""
        newsletter = self._of_page(request, object_id)
        changed = sending.resume(newsletter, by=cast(User, request.user))
        return self._answer(request, newsletter, _("The newsletter goes on."), changed)

    def _of_page(self, request: HttpRequest, object_id: str) -> Newsletter:
        """Return the one of an address, which may hold anything. Raises `Http404`."""
        newsletter: Newsletter | None = self.get_object(request, object_id)
        if newsletter is None:
            raise Http404
        return newsletter

    def _answer(
        self, request: HttpRequest, newsletter: Newsletter, text: "StrPromise", changed: bool
    ) -> HttpResponse:
        if changed:
            self.log_change(request, newsletter, str(text))
            messages.success(request, text)
        else:
            messages.warning(request, _("Somebody was faster: its state has changed."))
        return _reload(request, newsletter)

    def _is_draft(self, newsletter: Newsletter | None) -> bool:
        return newsletter is None or newsletter.status is NewsletterState.DRAFT


def _reload(request: HttpRequest, newsletter: Newsletter) -> HttpResponse:
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return HttpResponseRedirect(
        reverse("admin:newsletters_newsletter_change", args=[newsletter.pk])
    )
