"""The outbox in the admin: every mail as its reader sees it, and what a person has to decide."""

import uuid
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy
from unfold.dataclasses import UnfoldAction
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from emails import outbox, preview, secrets
from emails.models import Email, EmailState
from tasks.admin.asking import AsksFirst, Named, NamingDialog, Question, action

COLOURS: dict[str, str] = {
    EmailState.PENDING: "",
    EmailState.SENDING: "info",
    EmailState.HELD: "warning",
    EmailState.SENT: "success",
    EmailState.FAILED: "danger",
}
OFFERED: dict[str, tuple[str, ...]] = {
    "release": (EmailState.HELD, EmailState.FAILED),
    "drop": (EmailState.HELD,),
}
"""Which states a person can bring a mail out of."""


def _named(email: Email) -> Named:
    return Named(email.subject, email.to, email.get_state_display())


RELEASE = Question(
    title=ngettext_lazy("Send %(count)d mail?", "Send %(count)d mails?", "count"),
    explanation=_(
        "A mail server may have it already: then it comes twice, under the same Message-ID."
    ),
    button=_("Send after all"),
    applies=lambda email: email.state in OFFERED["release"],
    name=_named,
)
DROP = Question(
    title=ngettext_lazy("Drop %(count)d mail?", "Drop %(count)d mails?", "count"),
    explanation=_("If no mail server has it, its reader never gets it."),
    button=_("Drop"),
    variant=ActionVariant.DANGER,
    applies=lambda email: email.state in OFFERED["drop"],
    name=_named,
)


class MailDialog(NamingDialog):
    """Asks about one mail, and names it."""

    model = Email

    def named(self, row: Email) -> Named:
        return _named(row)


@admin.register(Email)
class EmailAdmin(AsksFirst):
    """Every mail, how far it has come, and why it went no further."""

    list_display = ("titled", "to", "shown_state", "created_at", "sent_at")
    list_filter = ("state",)
    search_fields = ("key", "to", "subject")
    fields = (
        "key",
        "to",
        "subject",
        "state",
        "reason",
        "shown",
        "attempt",
        "created_at",
        "sent_at",
        "message_id",
        "unsubscribe_url",
    )
    readonly_fields = ("message_id", "shown")
    show_full_result_count = False
    actions = ("release_selected", "drop_selected")
    actions_detail: Any = ("release", "drop")

    class Media:
        css = {"all": ("emails/admin.css",)}

    @display(description=_("Subject"), header=True, ordering="subject")
    def titled(self, email: Email) -> tuple[str, str]:
        """What its reader sees first, above what caused it."""
        return email.subject, email.key

    @display(description=_("State"), label=COLOURS)
    def shown_state(self, email: Email) -> tuple[str, str]:
        """The state in its colour."""
        return email.state, email.get_state_display()

    @display(description="Message-ID")
    def message_id(self, email: Email) -> str:
        """The header of that name, by which a mail server's log knows it."""
        return email.message_id

    @display(description=_("The mail"))
    def shown(self, email: Email) -> SafeString:
        """The mail as its reader sees it, without what is secret."""
        address = reverse("admin:emails_email_preview", args=[email.pk])
        return preview.frame(address, secrets.cover(email.text))

    def get_urls(self) -> list[URLPattern]:
        """Add the page in the frame."""
        view = self.admin_site.admin_view(self.preview_view)
        own = [path("<uuid:pk>/preview/", view, name="emails_email_preview")]
        return own + super().get_urls()

    def preview_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """Answer with the HTML of a mail, in which nothing runs."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return preview.page(secrets.cover(get_object_or_404(Email, pk=pk).html))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Email | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Email | None = None) -> bool:
        return False

    def has_release_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether the user may see mails, and say what becomes of one that is held."""
        return self.has_view_permission(request) and request.user.has_perm("emails.release_email")

    @admin.action(description=RELEASE.button, permissions=["release"])
    def release_selected(
        self, request: HttpRequest, queryset: QuerySet[Email]
    ) -> HttpResponse | None:
        """Send what is selected, if it was held or given up."""
        return self.ask_first(request, RELEASE, self._release)

    @admin.action(description=DROP.button, permissions=["release"])
    def drop_selected(self, request: HttpRequest, queryset: QuerySet[Email]) -> HttpResponse | None:
        """Give up what is selected, if it is held."""
        return self.ask_first(request, DROP, self._drop)

    def get_actions_detail(self, request: HttpRequest, object_id: int | str) -> list[UnfoldAction]:
        """Offer what the state of the mail allows."""
        email = self.get_object(request, str(object_id))
        if email is None:
            return []
        names = {f"emails_email_{name}" for name, of in OFFERED.items() if email.state in of}
        allowed = super().get_actions_detail(request, object_id)
        return [action for action in allowed if action.action_name in names]

    @action(
        description=RELEASE.button,
        icon="send",
        variant=ActionVariant.PRIMARY,
        permissions=["release"],
        dialog={
            "title": _("Send this mail?"),
            "description": RELEASE.explanation,
            "form_submit_text": _("Yes, send it"),
            "form_class": MailDialog,
        },
    )
    def release(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Send the mail of the page."""
        email = self._of_page(request, object_id)
        self._release(request, [email])
        return _reload(request, email)

    @action(
        description=DROP.button,
        icon="delete",
        variant=ActionVariant.DANGER,
        permissions=["release"],
        dialog={
            "title": _("Drop this mail?"),
            "description": DROP.explanation,
            "form_submit_text": _("Yes, drop it"),
            "form_class": MailDialog,
        },
    )
    def drop(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Give up the mail of the page."""
        email = self._of_page(request, object_id)
        self._drop(request, [email])
        return _reload(request, email)

    def _of_page(self, request: HttpRequest, object_id: str) -> Email:
        """Return the one of an address, which may hold anything. Raises `Http404`."""
        email: Email | None = self.get_object(request, object_id)
        if email is None:
            raise Http404
        return email

    def _release(self, request: HttpRequest, emails: list[Email]) -> None:
        meant = [email for email in emails if email.state in OFFERED["release"]]
        count = outbox.release(meant)
        text = ngettext("%(count)d mail is sent.", "%(count)d mails are sent.", count)
        self._tell(request, meant, text, count=count, left=len(emails) - count)

    def _drop(self, request: HttpRequest, emails: list[Email]) -> None:
        meant = [email for email in emails if email.state in OFFERED["drop"]]
        count = outbox.drop(meant, by=str(request.user))
        text = ngettext("%(count)d mail is dropped.", "%(count)d mails are dropped.", count)
        self._tell(request, meant, text, count=count, left=len(emails) - count)

    def _tell(
        self, request: HttpRequest, meant: list[Email], text: str, *, count: int, left: int
    ) -> None:
        for email in meant:
            self.log_change(request, email, text % {"count": 1})
        if count:
            messages.success(request, text % {"count": count})
        if left:
            text = ngettext(
                "%(count)d mail was left as it is: its state does not allow this.",
                "%(count)d mails were left as they are: their state does not allow this.",
                left,
            )
            messages.warning(request, text % {"count": left})


def _reload(request: HttpRequest, email: Email) -> HttpResponse:
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return HttpResponseRedirect(reverse("admin:emails_email_change", args=[email.pk]))
