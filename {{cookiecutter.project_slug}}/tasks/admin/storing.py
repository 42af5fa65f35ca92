"""Stores a form of the admin once, however often it is sent.

A double click, a page that is loaded anew, a browser that asks again because the site died before
it answered: each sends the same form. So a form has a key, made when it is shown. The key is unique
in a table, and is written in the transaction in which the form is stored. Of two that come at once,
one waits for the commit of the other, and finds its key.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import quote
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from tasks.failpoints import failpoint
from tasks.models import SentForm

KEY = "form_key"


class StoresOnce(ModelAdmin):
    """A model whose forms are stored once each."""

    change_form_before_template: Any = "tasks/admin/form_key.html"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form with a key of its own, or store it, or say what became of it before."""
        context = {**(extra_context or {}), KEY: uuid.uuid4()}
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, context)
        key = _key_of(request)
        if key is None:
            return self._refuse(request, object_id, form_url, context, _no_key())
        answer: HttpResponse | None = None
        with transaction.atomic():
            sent, is_new = SentForm.objects.get_or_create(
                key=key, defaults={"digest": _digest(request)}
            )
            if is_new:
                answer = super().changeform_view(request, object_id, form_url, context)
                if not _was_stored(key):
                    # It is shown again, with what is wrong: the key is not used up.
                    transaction.set_rollback(True)
            failpoint("form: stored, not committed")
        failpoint("form: stored")
        if answer is not None:
            return answer
        if sent.digest != _digest(request):
            return self._refuse(request, object_id, form_url, context, _other_values())
        messages.info(request, _("This form came twice. It was stored once."))
        return HttpResponseRedirect(self._page_of(request, sent))

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm[Any]]:
        """Return the form; one that is refused says why, and keeps what somebody has typed."""
        form: type[forms.ModelForm[Any]] = super().get_form(request, obj, change=change, **kwargs)
        refusal: str = getattr(request, "refusal", "")
        return _refusing(form, refusal) if refusal else form

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Note what was made."""
        _note(request, obj)
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Note what was changed."""
        _note(request, obj)
        return super().response_change(request, obj)

    def _refuse(
        self,
        request: Any,
        object_id: str | None,
        form_url: str,
        context: dict[str, Any],
        why: str,
    ) -> HttpResponse:
        request.refusal = why
        return super().changeform_view(request, object_id, form_url, context)

    def _page_of(self, request: HttpRequest, sent: SentForm) -> str:
        if not self.has_view_or_change_permission(request):
            return reverse("admin:index")
        page = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return reverse(page, args=[quote(sent.object_id)])


def _key_of(request: HttpRequest) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.POST.get(KEY, ""))
    except ValueError:
        return None


def _digest(request: HttpRequest) -> str:
    """Which button was pressed says where to go afterwards, and not what is stored."""
    others: Iterable[tuple[str, list[Any]]] = request.POST.lists()
    values = [
        (name, texts)
        for name, texts in sorted(others)
        if name not in (KEY, "csrfmiddlewaretoken") and not name.startswith("_")
    ]
    said = json.dumps([str(request.user.pk), request.path, values])
    return hashlib.sha256(said.encode()).hexdigest()


def _note(request: HttpRequest, obj: Any) -> None:
    SentForm.objects.filter(key=request.POST[KEY]).update(object_id=str(obj.pk))


def _was_stored(key: uuid.UUID) -> bool:
    return SentForm.objects.filter(pk=key).exclude(object_id="").exists()


def _refusing(form: type[forms.ModelForm[Any]], why: str) -> type[forms.ModelForm[Any]]:
    class Refused(form):  # type: ignore[valid-type, misc]  # made by the admin for its model
        def clean(self) -> Any:
            super().clean()
            raise ValidationError(why)

    return Refused


def _no_key() -> str:
    return _("The form came without the key of its page. Nothing was stored: send it once more.")


def _other_values() -> str:
    return _(
        "This form was stored before, with other values. Nothing was stored now. To store this as "
        "well, send it once more."
    )
