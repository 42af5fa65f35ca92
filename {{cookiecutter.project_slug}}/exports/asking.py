"""The way to ask for an export, and to stop one: the row and its task are one transaction."""

import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from exports.kinds import OF_EVERYONE, ExportKind
from exports.models import Export
from exports.states import LIVE
from exports.tasks import build_export, discard_files
from tasks.failpoints import failpoint
from tasks.service import service

SEE_ALL_ORDERS = "orders.view_order"


class CannotExport(ValueError):
    """What was asked for is no export, or not for this user; the message tells why."""


class TooMany(CannotExport):
    """The user has as many exports on their way as are allowed."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An export, and whether this call made it or it was on its way already."""

    export: Export
    is_new: bool


def ask(*, user: User, kind: ExportKind, everyones: bool = False) -> Asked:
    """Have an export made. While the same one is on its way, that is the answer.

    Raises `TooMany` when too many others are on their way, and `CannotExport` for rows of all
    customers to who may not see them or in a kind that has none.
    """
    if everyones and not may_see_all_orders(user):
        raise CannotExport(_("Only staff who may see all orders can export them."))
    if everyones and kind not in OF_EVERYONE:
        raise CannotExport(_("An export of this kind holds your own data only."))
    with transaction.atomic():
        asked = _find_or_create(user, kind, everyones=everyones)
        failpoint("asking: export asked for, not committed")
    failpoint("asking: export asked for")
    return asked


def cancel(export: Export, *, by: User) -> bool:
    """Stop an export and delete what there is of it; say whether it was on its way.

    The row says so at once. A worker that is at it sees it at its next chunk.
    """
    with transaction.atomic():
        # The run first, as the worker does with every part: in one order nobody waits in a circle.
        if export.run_id is not None:
            service.cancel([export.run_id], by=by)
        stopped = export.stop()
        if stopped:
            discard_files.enqueue(str(export.pk))
        else:
            transaction.set_rollback(True)
        failpoint("asking: export cancelled, not committed")
    failpoint("asking: export cancelled")
    return stopped


def may_see_all_orders(user: User) -> bool:
    """Whether a user may have the orders of all customers."""
    return user.has_perm(SEE_ALL_ORDERS)


def _find_or_create(user: User, kind: ExportKind, *, everyones: bool) -> Asked:
    # One at a time for each user: what is counted below stays so until the commit.
    User.objects.select_for_update().get(pk=user.pk)
    live = list(Export.objects.filter(user=user, state__in=LIVE))
    for export in live:
        if (export.kind, export.everyones) == (kind, everyones):
            return Asked(export=export, is_new=False)
    if len(live) >= settings.EXPORT_MOST_AT_ONCE:
        raise TooMany(
            _("%(most)d of your exports are on their way. Wait for one of them, or cancel it.")
            % {"most": settings.EXPORT_MOST_AT_ONCE}
        )
    return Asked(export=_create(user, kind, everyones=everyones), is_new=True)


def _create(user: User, kind: ExportKind, *, everyones: bool) -> Export:
    export = Export.objects.create(user=user, kind=kind, everyones=everyones)
    result = build_export.enqueue(str(export.pk))
    export.run_id = uuid.UUID(result.id)
    export.save(update_fields=["run_id"])
    export.refresh_from_db()
    return export
