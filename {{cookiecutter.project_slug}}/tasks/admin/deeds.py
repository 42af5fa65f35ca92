"""What people do on pages that are about no model: asked in a dialog, done by a POST."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.views import View
from unfold.forms import BaseDialogForm

from tasks.admin.asking import Dialog
from tasks.errors import (
    ArgumentsDoNotFit,
    ArgumentsNotJSON,
    ArgumentsTooLarge,
    NotManual,
)

REFUSALS = (ArgumentsDoNotFit, ArgumentsNotJSON, ArgumentsTooLarge, NotManual)
"""What the service says no with: one sentence for people."""


class Deed(PermissionRequiredMixin, View):
    """One thing to do. GET asks, and changes nothing; POST does it for those who may."""

    admin_site: Any = None
    http_method_names = ["get", "post"]
    form_class: type[BaseDialogForm] = BaseDialogForm

    def dialog(self) -> Dialog:
        """Return the question. Raises `LookupError` when there is nothing to ask about."""
        raise NotImplementedError

    def carry_out(self, form: Any) -> str:
        """Do it; return what to tell the user."""
        raise NotImplementedError

    def back(self) -> str:
        """Return the page to go to afterwards."""
        raise NotImplementedError

    def form(self, data: Any = None) -> BaseDialogForm:
        """Return what is filled in."""
        return self.form_class(data=data, request=self.request)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ask."""
        return self._ask(self._form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Do it, or ask again and say what was wrong."""
        form = self._form(request.POST)
        if not form.is_valid():
            return self._ask(form)
        try:
            messages.success(request, self.carry_out(form))
        except REFUSALS as error:
            messages.error(request, str(error))
        except LookupError as error:
            raise Http404(str(error)) from error
        if "HX-Request" in request.headers:
            # The page below the dialog, with the filters that its address carries along.
            return HttpResponse(headers=self.after(request))
        return HttpResponseRedirect(self.back())

    def after(self, request: HttpRequest) -> dict[str, str]:
        """Return what the browser does when it is done."""
        return {"HX-Refresh": "true"}

    def _form(self, data: Any = None) -> BaseDialogForm:
        try:
            return self.form(data)
        except LookupError as error:
            raise Http404(str(error)) from error

    def _ask(self, form: BaseDialogForm) -> HttpResponse:
        try:
            dialog = self.dialog()
        except LookupError as error:
            raise Http404(str(error)) from error
        is_dialog = "HX-Request" in self.request.headers
        context = {
            "dialog": dialog,
            "form": form,
            "form_submit_text": dialog.get("form_submit_text", ""),
        }
        if not is_dialog:
            context |= self.admin_site.each_context(self.request)
            context |= {"title": dialog["title"], "back": self.back()}
        template = "unfold/helpers/dialog.html" if is_dialog else "tasks/admin/deed.html"
        return TemplateResponse(self.request, template, context)
