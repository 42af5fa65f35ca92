"""A task that fails is tried again, later each time, until it has had its attempts."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.tasks import TaskResultStatus

from tasks.models import RunStatus, TaskRun
from tasks.tests.sample.tasks import fail_while, sign_in, stumble
from tests.conformance.harness import Program, wait_for_status

pytestmark = pytest.mark.guarantee(
    "A task that fails is tried again as often as it may be, and no more"
)

SECRETS = ("s3cret-word", "s3cret-token")


def test_a_task_that_always_fails_has_all_its_attempts_and_no_more(crew: Program) -> None:
    result = sign_in.enqueue("ada", "word").wait(20)

    assert result.status == TaskResultStatus.FAILED
    assert [error.exception_class for error in result.errors] == [PermissionError] * 2
    run = TaskRun.objects.get(pk=result.id)
    assert (run.attempt, run.crashes) == (2, 0)


def test_the_next_attempt_waits_a_while(crew: Program) -> None:
    result = stumble.enqueue()

    wait_for_status(RunStatus.SCHEDULED, result.id)
    run = TaskRun.objects.get(pk=result.id)
    (failure,) = run.failures
    assert failure["attempt"] == run.attempt == 1
    assert run.attempted_at is not None
    assert timedelta(seconds=1) <= run.run_at - run.attempted_at < timedelta(seconds=5)
    call_command("tasks", "cancel", result.id)
    assert stumble.get_result(result.id).is_finished


@pytest.mark.guarantee("What has failed for good goes on when people retry it")
def test_a_retry_by_hand_gives_all_attempts_again(crew: Program, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.touch()
    result = fail_while.enqueue(str(broken), "a", "b").wait(10)
    assert result.status == TaskResultStatus.FAILED
    broken.unlink()

    call_command("tasks", "retry", result.id)

    wait_for_status(RunStatus.SUCCESSFUL, result.id)
    assert fail_while.get_result(result.id).return_value == "a-b"


@pytest.mark.guarantee("What a task declares sensitive is in no log, error or listing")
def test_secrets_stay_out_of_whatever_people_read(
    crew: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    word, token = SECRETS
    result = sign_in.enqueue("ada", word, token=token).wait(20)
    call_command("tasks", "show", result.id, "--json")
    call_command("tasks", "show", result.id)

    shown = capsys.readouterr().out
    assert "PermissionError" in shown
    errors = "".join(error.traceback for error in result.errors)
    for text in (shown, errors, crew.log.read_text(), TaskRun.objects.get(pk=result.id).errors):
        assert not any(secret in text for secret in SECRETS)
    assert result.id in crew.log.read_text()
