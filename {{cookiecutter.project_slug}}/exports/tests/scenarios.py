"""Who comes by the places of the exports, and how it ends."""

from typing import Any

from django.core.files.base import ContentFile
from django.db.models.functions import Now

from accounts.tests.factories import make_user
from cleanup.tasks import clean
from exports import asking, files
from exports.kinds import ExportKind
from exports.models import Export
from exports.states import ExportState
from exports.tasks import discard_files, look_after_exports
from exports.tests.factories import make_export, make_orders, run_of
from exports.tests.reference import orders_as_csv
from tasks.models import RunStatus
from tests.scenario import Request, Run, Stage, request, run

ROWS = 50


@run("export")
def _export(stage: Stage, what: str) -> Run:
    user = make_orders(ROWS)[0].user
    export = make_export(user=user)

    def end() -> Any:
        made = Export.objects.get(pk=export.pk)
        is_whole = files.read(made.file) == orders_as_csv(user.orders.all())
        return made.rows, made.parts.count(), is_whole, _end_of(export)

    return Run(who=str(export.run_id), end=end)


@run("expiry")
def _expiry(stage: Stage, what: str) -> Run:
    return stage.once(_expired)


def _expired(stage: Stage) -> Run:
    export = _without_run()
    whole = files.storage().save(f"{export.id}/whole.csv", ContentFile(b"order\n"))
    Export.objects.filter(pk=export.pk).update(
        state=ExportState.READY, file=whole, size=6, expires_at=Now()
    )
    return Run(who=clean.enqueue("exports").id, end=lambda: _end_of(export))


@run("stopped export")
def _stopped(stage: Stage, what: str) -> Run:
    return stage.once(_discarded)


def _discarded(stage: Stage) -> Run:
    export = _left_behind()
    export.stop()
    return Run(who=discard_files.enqueue(str(export.pk)).id, end=lambda: _end_of(export))


@run("abandoned export")
def _abandoned(stage: Stage, what: str) -> Run:
    return stage.once(_looked_after)


def _looked_after(stage: Stage) -> Run:
    export = _left_behind()
    # At once: it is of no use when it comes late, and then it is not started.
    result = look_after_exports.using(priority=100).enqueue()
    return Run(who=result.id, end=lambda: _end_of(export))


@request("asking")
def _asking(stage: Stage, what: str) -> Request:
    user = make_user()
    exports = Export.objects.filter(user=user)
    if "asked for" in what:
        return Request(
            send=lambda: asking.ask(user=user, kind=ExportKind.ORDERS_CSV),
            end=lambda: [_end_of(export) for export in exports],
        )
    export = make_export(user=user)
    return Request(send=lambda: asking.cancel(export, by=user), end=lambda: _end_of(export))


def _without_run() -> Export:
    export = make_export()
    run_of(export).delete()
    return export


def _left_behind() -> Export:
    """An export whose run is gone, and that has written files."""
    export = _without_run()
    for number in (1, 2):
        files.save_part(export, number=number, attempt=1, content=b"order\n")
    return export


def _end_of(export: Export) -> Any:
    """Say how the export ended, and what there is of it."""
    ended = Export.objects.get(pk=export.pk)
    runs = list(run_of(export).values_list("status", flat=True))
    return ended.state, len(list(files.names(export))), [RunStatus(status) for status in runs]
