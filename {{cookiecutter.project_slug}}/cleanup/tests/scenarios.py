"""Who comes by the places of the cleaning, and how it ends."""

from django.contrib.sessions.models import Session

from cleanup.cleaners import cleaners
from cleanup.tasks import clean, clean_up
from cleanup.tests.factories import DAY, make_sessions
from tasks.models import TaskRun
from tests.scenario import Run, Stage, run


@run("cleanup")
def _cleanup(stage: Stage, what: str) -> Run:
    return stage.once(_every_kind if "kinds" in what else _sessions)


def _sessions(stage: Stage) -> Run:
    Session.objects.all().delete()
    make_sessions(2)
    make_sessions(1, age=-DAY)
    return Run(who=clean.enqueue("sessions").id, end=Session.objects.count)


def _every_kind(stage: Stage) -> Run:
    """Enqueues the cleaning of every kind; what is on its way already is that."""

    def end() -> bool:
        runs = TaskRun.objects.filter(name=clean.module_path)
        return {run.args[0] for run in runs} == {cleaner.name for cleaner in cleaners()}

    return Run(who=clean_up.enqueue().id, end=end)
