"""Tokens in the admin: made for oneself, shown once, taken back for good."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.enums import ActionVariant

from api import tokens
from api.models import Token
from tasks.admin.asking import AsksFirst, Named, Question

SHOWN_ONCE = "_new_token"
REVOKE = Question(
    title=ngettext_lazy("Revoke %(count)d token?", "Revoke %(count)d tokens?", "count"),
    explanation=_("Programs that use it are refused from now on. It cannot be given back."),
    button=_("Yes, revoke"),
    variant=ActionVariant.DANGER,
    applies=lambda token: token.revoked_at is None,
    name=lambda token: Named(token.name, f"{token.prefix}…", str(token.user)),
)


@admin.register(Token)
class TokenAdmin(AsksFirst):
    """One's own tokens; a superuser sees everybody's.

    A token may do whatever its user may, so nobody makes one for somebody else.
    """

    list_display = ("name", "shown_prefix", "user", "state", "created_at", "used_at", "expires_at")
    list_select_related = ("user",)
    show_full_result_count = False
    fields = ("name", "expires_at")
    readonly_fields = ("shown_prefix", "created_at", "used_at", "revoked_at")
    actions = ("revoke",)

    @display(description=_("Begins with"))
    def shown_prefix(self, token: Token) -> str:
        """What it is recognised by."""
        return f"{token.prefix}…"

    @display(description=_("State"), label={"good": "success", "expired": "", "revoked": "danger"})
    def state(self, token: Token) -> tuple[str, str]:
        """Whether it can be used."""
        if token.revoked_at is not None:
            return "revoked", gettext("Revoked")
        if token.expires_at is not None and token.expires_at <= timezone.now():
            return "expired", gettext("Expired")
        return "good", gettext("Good")

    def get_fields(self, request: HttpRequest, obj: Token | None = None) -> list[Any]:
        """Show all that is known of one that is there."""
        asked = [*self.fields]
        return asked if obj is None else [*asked, "user", *self.readonly_fields]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Token]:
        """Return the user's own, or all for a superuser."""
        everyones: QuerySet[Token] = super().get_queryset(request)
        user = request.user
        if user.is_authenticated and user.is_superuser:
            return everyones
        return everyones.filter(user__pk=user.pk or 0)

    def has_change_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whether the user may take tokens back: their own, by what they see."""
        return request.user.has_perm("api.change_token")

    @admin.action(description=_("Revoke"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Token]) -> HttpResponse | None:
        """Make the selected ones useless."""
        return self.ask_first(request, REVOKE, self._revoke)

    def _revoke(self, request: HttpRequest, selected: list[Token]) -> None:
        chosen = [token for token in selected if token.revoked_at is None]
        count = tokens.revoke(Token.objects.filter(pk__in=[token.pk for token in chosen]))
        # In English: `tasks.reasons` has its translation for each reader.
        LogEntry.objects.log_actions(
            cast(int, request.user.pk), chosen, CHANGE, change_message="Revoked."
        )
        said = ngettext("%(count)d token is revoked.", "%(count)d tokens are revoked.", count)
        messages.success(request, said % {"count": count})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Make a token of the user's own. Its text goes to the page that follows, and nowhere."""
        made, text = tokens.issue(
            user=cast(Any, request.user), name=obj.name, expires_at=obj.expires_at
        )
        obj.pk, obj.prefix, obj.user_id = made.pk, made.prefix, made.user_id
        # On the request, which ends with the page that shows it.
        setattr(request, SHOWN_ONCE, text)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Offer one button: whichever is pressed, the page that follows shows the token."""
        one = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().render_change_form(request, context | one, *args, **kwargs)

    def response_add(
        self, request: HttpRequest, obj: Token, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the token, once."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": obj.name,
            "text": getattr(request, SHOWN_ONCE),
        }
        # Every page of the admin says that nobody may store it.
        return TemplateResponse(request, "api/admin/token.html", context)
