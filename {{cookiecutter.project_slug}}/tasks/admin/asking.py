"""Asks before something is done to what is selected in a list: what it does, and to how many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, NotRequired

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import ngettext
from unfold import decorators
from unfold.dataclasses import ActionDialog
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from tasks.admin.history import TellsItsHistory

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MOST_NAMED = 10


class Named(NamedTuple):
    """How one of those selected is told from the others."""

    name: str
    code: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked about a selection."""

    title: Any
    """Takes `count`."""
    button: StrOrPromise
    applies: Callable[[Any], bool]
    """Whether it makes sense for one of those selected, as that is now."""
    name: Callable[[Any], Named]
    explanation: StrOrPromise = ""
    variant: ActionVariant = ActionVariant.PRIMARY
    """How the button looks."""


class Dialog(ActionDialog):
    """A dialog of Unfold's, and how the button looks that says yes."""

    variant: NotRequired[ActionVariant]


def action(
    *, dialog: ActionDialog, variant: ActionVariant = ActionVariant.DEFAULT, **more: Any
) -> Callable[..., Any]:
    """Declare what is offered on the page of an object, and asks first.

    The button of what destroys is red: on the page, and in its dialog.
    """
    red = variant is ActionVariant.DANGER
    asked: Dialog = {**dialog, "variant": variant if red else ActionVariant.PRIMARY}
    return decorators.action(variant=variant, dialog=asked, **more)


class NamingDialog(BaseDialogForm):
    """Asks about the object of the page, and names it: what the page says is blurred meanwhile."""

    form_before_template = "tasks/admin/subject.html"
    model: type[Model]

    def named(self, row: Any) -> Named:
        """Return how the object is told from others."""
        raise NotImplementedError

    def get_before_template_context(
        self, request: HttpRequest, object_id: int | str | None = None
    ) -> dict[str, Any]:
        try:
            # An address may hold anything.
            key = self.model._meta.pk.to_python(object_id)
        except ValidationError as error:
            raise Http404 from error
        return {"named": self.named(get_object_or_404(self.model, pk=key))}


class AsksFirst(TellsItsHistory):
    """A list whose actions are carried out by a second POST, from a page that asks."""

    # What is done is done to what somebody has seen.
    list_disable_select_all = True

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, or ask about an action. What may not be posted is refused, not ignored."""
        if request.method == "POST":
            forbidden = {*(self.actions or ())} - {*self.get_actions(request)}
            if forbidden.intersection(request.POST.getlist("action")):
                raise PermissionDenied
            self._ids(request)
        return super().changelist_view(request, extra_context)

    def ask_first(
        self,
        request: HttpRequest,
        question: Question,
        act: Callable[[HttpRequest, list[Any]], None],
    ) -> HttpResponse | None:
        """Ask about what is selected; once that is answered with yes, do it."""
        # By their ids: what Django hands over is the whole list for who posts `select_across`, and
        # without what has left the list while the question stood there.
        selected = list(self.selected(request, self._ids(request)))
        if "confirmed" not in request.POST:
            return self._question(request, question, selected)
        act(request, selected)
        return None

    def selected(self, request: HttpRequest, ids: Sequence[Any]) -> QuerySet[Any]:
        """Return those of the rows of these ids that the user may see, newest first."""
        rows: QuerySet[Any] = self.get_queryset(request).filter(pk__in=ids)
        return rows.order_by("-pk")

    def _question(
        self, request: HttpRequest, question: Question, selected: list[Model]
    ) -> HttpResponse:
        offered = [each for each in selected if question.applies(each)]
        left = len(selected) - len(offered)
        context = {
            **self.admin_site.each_context(request),
            "title": question.title % {"count": len(offered)},
            "question": question,
            "ids": [each.pk for each in offered],
            "named": [question.name(each) for each in offered[:MOST_NAMED]],
            "unnamed": max(len(offered) - MOST_NAMED, 0),
            "left": left and _left(left),
            "action": request.POST["action"],
            "checkbox": ACTION_CHECKBOX_NAME,
            "back": request.get_full_path(),
            "opts": self.opts,
        }
        return TemplateResponse(request, "tasks/admin/confirm.html", context)

    def _ids(self, request: HttpRequest) -> list[Any]:
        """Return what is selected. Raises `BadRequest`: a form may hold anything."""
        try:
            texts = request.POST.getlist(ACTION_CHECKBOX_NAME)
            return [self.opts.pk.to_python(text) for text in texts]
        except ValidationError as error:
            raise BadRequest("Something is selected that is no id of a row.") from error


def _left(count: int) -> str:
    text = ngettext(
        "%(count)d of those selected stays as it is: its state does not allow this.",
        "%(count)d of those selected stay as they are: their state does not allow this.",
        count,
    )
    return text % {"count": count}
