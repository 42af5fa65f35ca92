"""Runs that failed in the same way at the same place have the same fingerprint."""

import json
from typing import Any

import pytest
from django.db import connection

from tasks import ledger
from tasks.errors import TimeLimitExceeded
from tasks.failure import fingerprint
from tasks.ledger import Outcome
from tasks.models import RunStatus, TaskRun
from tasks.testing import run_due
from tasks.tests.factories import ADD, lose_worker, make_held_run, make_run, make_worker, status_of
from tasks.tests.sample.tasks import add, echo, fail_as, leave, return_object, stumble
from tasks.worker.executing import Finished
from tasks.worker.settler import Settler

pytestmark = pytest.mark.django_db


def caught(function: Any, *args: Any) -> BaseException:
    try:
        function(*args)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is looked at
        return error
    raise AssertionError("nothing was raised")


def here(message: str) -> None:
    raise ValueError(message)


def there(message: str) -> None:
    raise ValueError(message)


def kind_of(task: Any, *args: Any) -> str | None:
    task.enqueue(*args)
    (run,) = run_due()
    return run.fingerprint


def test_the_message_does_not_count() -> None:
    one, two = caught(here, "order 1"), caught(here, "order 2")

    assert fingerprint("shop.tasks.sell", one) == fingerprint("shop.tasks.sell", two)


def test_the_line_does_not_count_and_the_function_does() -> None:
    kinds: dict[str, set[str]] = {}
    body = "def sell():\n{}    raise ValueError\n"
    for function in ("sell", "buy"):
        for lines in ("", "    'an edit above'\n"):
            source = body.format(lines).replace("sell", function)
            scope: dict[str, Any] = {}
            exec(compile(source, __file__, "exec"), scope)  # noqa: S102
            kinds.setdefault(function, set()).add(fingerprint("x", caught(scope[function])))

    assert [len(found) for found in kinds.values()] == [1, 1]
    assert kinds["sell"] != kinds["buy"]


def test_task_class_and_place_count() -> None:
    error = caught(here, "x")

    assert (
        len(
            {
                fingerprint("shop.tasks.sell", error),
                fingerprint("shop.tasks.buy", error),
                fingerprint("shop.tasks.sell", caught(there, "x")),
                fingerprint("shop.tasks.sell", KeyError("x").with_traceback(error.__traceback__)),
            }
        )
        == 4
    )


def test_a_library_that_raises_counts_as_the_place_that_called_it() -> None:
    def parse(text: str) -> None:
        json.loads(text)

    one, two = caught(parse, "{"), caught(parse, "[[[1,2,")

    assert type(one) is type(two)
    assert fingerprint("x", one) == fingerprint("x", two)


def test_where_a_time_limit_struck_does_not_count() -> None:
    one = TimeLimitExceeded().with_traceback(caught(here, "").__traceback__)
    two = TimeLimitExceeded().with_traceback(caught(there, "").__traceback__)

    assert fingerprint("x", one) == fingerprint("x", two)


def test_a_run_that_failed_for_good_has_one() -> None:
    kinds = [kind_of(fail_as, "value"), kind_of(fail_as, "value"), kind_of(leave, 1)]

    assert kinds[0] == kinds[1] != kinds[2]
    assert all(kind is not None and len(kind) == 16 for kind in kinds)
    assert kind_of(return_object) is not None


def test_a_run_that_goes_on_has_none() -> None:
    assert kind_of(stumble) is None
    assert kind_of(add, 1, 2) is None


def test_a_run_that_killed_its_workers_has_one() -> None:
    worker = make_worker()
    run, _ = make_held_run(worker, crashes=2)
    lose_worker(worker)
    again = make_run(crashes=2, status=RunStatus.RUNNING, worker_id=None)

    assert ledger.take_back_lost_runs() == 2

    run.refresh_from_db()
    again.refresh_from_db()
    assert (run.status, again.status) == (RunStatus.FAILED, RunStatus.FAILED)
    assert run.fingerprint == again.fingerprint is not None


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite stores whatever it is given")
@pytest.mark.django_db(transaction=True)
def test_a_run_whose_outcome_cannot_be_stored_has_one() -> None:
    settler = Settler(lambda _: None)
    runs = []
    for name in (ADD, ADD, echo.module_path):
        run, claimed = make_held_run(name=name)
        settler.put(
            Finished(
                claimed,
                None,
                Outcome(
                    id=run.pk,
                    attempt=claimed.attempt,
                    status=RunStatus.SUCCESSFUL,
                    return_value="\x00",
                ),
            )
        )
        runs.append(run)
    settler.start()
    assert settler.close(timeout=10)

    assert [status_of(run) for run in runs] == [RunStatus.FAILED] * 3
    one, two, other = [run.fingerprint for run in runs]
    assert one == two is not None
    assert other not in (one, None)


def test_a_run_of_an_unknown_task_has_one() -> None:
    make_run(name="gone.tasks.lost", started_at="2020-01-01T00:00Z")

    (run,) = run_due()

    assert (run.status, len(run.fingerprint or "")) == (RunStatus.FAILED, 16)


def test_a_retry_clears_it() -> None:
    kind_of(fail_as, "value")
    run = TaskRun.objects.get()

    ledger.retry([run.pk])

    run.refresh_from_db()
    assert (run.status, run.fingerprint) == (RunStatus.READY, None)


def test_what_was_cancelled_meanwhile_has_none() -> None:
    run, claimed = make_held_run()
    ledger.cancel([run.pk])
    ledger.settle(
        [Outcome(id=run.pk, attempt=claimed.attempt, status=RunStatus.SCHEDULED, delay=1.0)]
    )

    run.refresh_from_db()
    assert (run.status, run.fingerprint) == (RunStatus.CANCELLED, None)
