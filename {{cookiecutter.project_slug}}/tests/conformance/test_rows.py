"""Whatever a row says, a worker survives it and imports nothing for it."""

from pathlib import Path

import pytest

from tasks.models import RunStatus, TaskRun
from tasks.tests.factories import make_run
from tasks.tests.sample.tasks import add
from tests.conformance.harness import Program, Programs, wait_for_status, wait_until

pytestmark = pytest.mark.guarantee(
    "Whatever a row says, a worker survives it and imports nothing for it"
)

MALFORMED = [
    "",
    "not JSON",
    "null",
    "[]",
    "5",
    "{}",
    '{"args":[1,2]}',
    '{"args":null,"kwargs":null}',
    '{"args":5,"kwargs":{}}',
    '{"args":[1,2],"kwargs":[]}',
    '{"args":[1,2],"kwargs":{"right":3}}',
    "[" * 100_000,
    '{"args":[' + "9" * 5000 + '],"kwargs":{}}',
]


def test_a_forged_name_imports_nothing_and_waits(crew: Program, tmp_path: Path) -> None:
    trace = tmp_path / "imported"
    # Beside the workers' log, where their PYTHONPATH leads.
    (crew.log.parent / "forged.py").write_text(
        f"import pathlib\npathlib.Path({str(trace)!r}).touch()\ndef task(): ...\n"
    )
    names = ["forged.task", "forged", "os.system", "os:system", "", "tasks.tests.sample.tasks.mark"]
    forged = [make_run(name=name, arguments='{"args":["true"],"kwargs":{}}') for name in names]
    workers = crew.workers()

    wait_for_status(RunStatus.SCHEDULED, *(str(run.pk) for run in forged))

    wait_for_status(RunStatus.SUCCESSFUL, add.enqueue(1, 2).id)
    assert not trace.exists()
    for run in TaskRun.objects.filter(pk__in=[run.pk for run in forged]):
        assert (run.attempt, run.spent, run.errors) == (1, 0, "[]")
    assert crew.workers() == workers


@pytest.mark.guarantee("A task that no worker knows waits for one that does, and fails in the end")
def test_an_unknown_task_fails_when_its_time_to_wait_is_over(programs: Programs) -> None:
    run = make_run(name="shop.tasks.of_tomorrow")

    programs.worker(options={"unknown_task_grace": 0.5}, signs_on=False)

    wait_for_status(RunStatus.FAILED, str(run.pk))
    run.refresh_from_db()
    assert run.failures[-1]["exception_class_path"] == "tasks.errors.UnknownTask"


def test_a_malformed_row_fails_alone(crew: Program) -> None:
    bad = [make_run(arguments=text, max_attempts=1) for text in MALFORMED]
    bad.append(make_run(errors="not JSON", max_attempts=1))
    bad.append(make_run(errors="[" * 100_000, max_attempts=1))
    bad.append(make_run(errors='[{"attempt":1}]', max_attempts=1))
    workers = crew.workers()
    good = [add.enqueue(number, 1).id for number in range(20)]

    wait_for_status(RunStatus.SUCCESSFUL, *good)
    wait_for_status(RunStatus.FAILED, *(str(run.pk) for run in bad))
    later = add.enqueue(1, 2)
    wait_for_status(RunStatus.SUCCESSFUL, later.id)
    assert crew.workers() == workers
    assert not TaskRun.objects.filter(crashes__gt=0).exists()
    wait_until(lambda: not TaskRun.objects.filter(status=RunStatus.RUNNING).exists(), "all ended")
