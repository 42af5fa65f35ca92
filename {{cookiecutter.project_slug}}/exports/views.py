"""The pages: ask for an export, see how far it is, download it."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from exports import files, links
from exports.access import token_or_login_required
from exports.asking import CannotExport, ask, cancel, may_see_all_orders
from exports.forms import ExportForm
from exports.models import Export
from exports.states import ExportState

PAGE_SIZE = 20


class OwnerRequest(HttpRequest):
    """A request that passed `login_required`."""

    user: User


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def exports(request: OwnerRequest) -> HttpResponse:
    """The user's latest exports, and the form to ask for another."""
    form = ExportForm(request.POST or None, for_staff=may_see_all_orders(request.user))
    if form.is_valid():
        try:
            asked = ask(user=request.user, **form.cleaned_data)
        except CannotExport as error:
            form.add_error(None, str(error))
        else:
            if not asked.is_new:
                messages.info(request, _("This export is on its way already."))
            return redirect(asked.export)
    shown = [_context(export) for export in request.user.exports.all()[:PAGE_SIZE]]
    return render(request, "exports/exports.html", {"form": form, "shown": shown})


@never_cache
@require_GET
def status(request: OwnerRequest, export_id: uuid.UUID) -> HttpResponse:
    """The part of the page that changes; the page asks for it while the export is on its way.

    Nobody is sent to the login page from here: it would be swapped into the page.
    """
    if not request.user.is_authenticated:
        raise Http404
    return render(request, "exports/_export.html", _context(_own(request, export_id)))


@login_required
@require_POST
def cancel_export(request: OwnerRequest, export_id: uuid.UUID) -> HttpResponse:
    """Stop one of the user's exports."""
    export = _own(request, export_id)
    if cancel(export, by=request.user):
        messages.success(request, _("The export is cancelled."))
    else:
        messages.info(request, _("The export had ended before."))
    return redirect(export)


@token_or_login_required
@never_cache
@require_GET
def download(request: OwnerRequest, export_id: uuid.UUID) -> HttpResponseBase:
    """The file, for its owner, by a link that is not too old.

    Where the file lies is read from the row: nothing of the address is ever a path.
    """
    export = _own(request, export_id)
    try:
        links.check(export, request.GET.get("token", ""))
    except links.LinkForged as error:
        raise Http404 from error
    except links.LinkExpired:
        messages.info(request, _("That link was too old. Here is a new one."))
        return redirect(export)
    if not export.is_downloadable(timezone.now()) or not _is_still_allowed(export):
        raise Http404
    try:
        file = files.storage().open(export.file)
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(
        file,
        as_attachment=True,
        filename=export.filename,
        content_type=export.recipe.format.content_type,
        headers={"X-Content-Type-Options": "nosniff"},
    )


def _own(request: OwnerRequest, export_id: uuid.UUID) -> Export:
    """Return the user's own export. Raises `Http404`, as if there were none of somebody else's."""
    return get_object_or_404(request.user.exports, pk=export_id)


def _is_still_allowed(export: Export) -> bool:
    # Who was staff when they asked may not be any more.
    return not export.everyones or may_see_all_orders(export.user)


def _context(export: Export) -> dict[str, object]:
    now = timezone.now()
    is_over = export.state == ExportState.READY and not export.is_downloadable(now)
    return {
        "export": export,
        "status": ExportState.EXPIRED if is_over else export.status,
        "progress": export.progress(now),
        "link": links.download_link(export) if export.is_downloadable(now) else "",
    }
