"""Who comes by the places of the task system itself, and how it ends."""

import uuid

from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import mark_atomically
from tests.scenario import Run, Stage, run


@run("atomic run")
def _atomic_run(stage: Stage, what: str) -> Run:
    label = uuid.uuid4().hex
    return Run(
        who=mark_atomically.enqueue(label).id,
        end=Mark.objects.filter(label=label).count,
        # With the commit all is over.
        attempts=2 if "not committed" in what else 1,
    )
