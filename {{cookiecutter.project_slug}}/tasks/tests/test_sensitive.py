"""What `@task(sensitive=…)` names is found nowhere but in the row and in the body."""

import logging
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from tasks.masks import MASK, hide
from tasks.models import RunStatus, TaskRun
from tasks.results import result_of
from tasks.sensitive import masked_arguments, secrets_of
from tasks.testing import assert_enqueued, run_due
from tasks.tests.factories import ADD, claim, make_run, make_worker
from tasks.tests.sample.tasks import add, greet_once, sign_in, take_all
from tasks.workflows import chain

pytestmark = pytest.mark.django_db

CANARIES = ("canary-pass'\"word\nof two lines", "cänary-token", "canary-nested", "4711000815")
PARTS = ("canary", "cänary", "nary-", "of two lines", "4711000815")
SIGN_IN = sign_in.module_path


def call() -> TaskRun:
    """Enqueue and run a task that puts all its secrets into its exception."""
    text, token, nested, number = CANARIES
    sign_in.enqueue("Ann", {"all": [text, nested, int(number)]}, token=token)
    for _ in range(2):
        TaskRun.objects.update(run_at=Now())
        run_due()
    run = TaskRun.objects.get()
    assert run.status == RunStatus.FAILED
    return run


def assert_silent(text: str) -> None:
    for part in PARTS:
        assert part not in text


def test_the_body_gets_them_and_the_row_keeps_them() -> None:
    run = call()

    assert run.kwargs == {"token": CANARIES[1]}


def test_no_message_and_no_traceback_holds_them() -> None:
    run = call()

    assert len(run.failures) == 2
    assert "Ann came with" in run.errors
    assert MASK in run.failures[0]["message"]
    for failure in run.failures:
        for value in failure.values():
            assert_silent(str(value))


def test_no_page_shows_them(admin_client: Client) -> None:
    run = call()

    page = admin_client.get(reverse("admin:tasks_taskrun_change", args=[run.pk])).content.decode()
    listed = admin_client.get(reverse("admin:tasks_taskrun_changelist")).content.decode()

    assert "&quot;Ann&quot;" in page
    assert MASK in page
    assert_silent(page)
    assert_silent(listed)


def test_no_log_record_holds_them(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        call()

    assert "failed for good" in caplog.text
    assert "PermissionError" in caplog.text
    assert_silent(caplog.text)
    for record in caplog.records:
        assert_silent(str(record.__dict__))


def test_no_repr_holds_them() -> None:
    result: Any = sign_in.enqueue("Ann", CANARIES[0], token=CANARIES[1])
    (claimed,) = claim(make_worker())
    run = TaskRun.objects.get()

    for value in (result, claimed, run, result_of(run, sign_in, "default")):
        assert_silent(repr(value))
    assert str(run.pk) in repr(result)


def test_no_failed_assertion_shows_them() -> None:
    sign_in.enqueue("Ann", CANARIES[0], token=CANARIES[1])

    with pytest.raises(AssertionError, match="Ann") as caught:
        assert_enqueued(sign_in, "Bob", CANARIES[2], token=CANARIES[1])

    assert_silent(str(caught.value))


def test_no_unique_key_shows_them() -> None:
    one, two = greet_once.enqueue("Ann", CANARIES[1]), greet_once.enqueue("Ann", CANARIES[1])
    other = greet_once.enqueue("Ann", CANARIES[2])

    assert one.id == two.id != other.id
    for run in TaskRun.objects.all():
        assert_silent(run.unique_key or "")


@pytest.mark.parametrize(
    ("args", "kwargs", "shown"),
    [
        (["Ann", "pw"], {"token": "t"}, (["Ann", MASK], {"token": MASK})),
        ([], {"user": "Ann", "password": "pw"}, ([], {"user": "Ann", "password": MASK})),
        (["Ann"], {}, (["Ann"], {})),
        # What the function would refuse was a mistake: nobody knows what it was meant to be.
        (["Ann", "pw", "extra"], {}, (["Ann", MASK, MASK], {})),
        (["Ann"], {"stranger": "pw"}, (["Ann"], {"stranger": MASK})),
    ],
)
def test_they_are_masked_however_they_are_passed(
    args: list[Any], kwargs: dict[str, Any], shown: tuple[list[Any], dict[str, Any]]
) -> None:
    assert masked_arguments(SIGN_IN, args, kwargs) == shown


def test_any_number_of_them_is_masked() -> None:
    shown = masked_arguments(take_all.module_path, ["a", "b", "c"], {"first": "d", "e": "f"})

    assert shown == (["a", MASK, MASK], {"first": "d", "e": MASK})


def test_what_is_not_sensitive_is_shown() -> None:
    assert masked_arguments(ADD, [1], {"right": 2}) == ([1], {"right": 2})
    assert secrets_of(add, [1], {"right": 2}) == frozenset()


def test_of_an_unknown_task_everything_is_masked() -> None:
    assert masked_arguments("gone.tasks.lost", ["a"], {"b": "c"}) == ([MASK], {"b": MASK})


@pytest.mark.parametrize("broken", ["", "{", "[]", '"canary"', '{"args": "canary"}', "[" * 100_000])
@pytest.mark.parametrize("name", [SIGN_IN, "gone.tasks.lost"])
def test_what_cannot_be_read_is_masked_on_the_page(
    admin_client: Client, name: str, broken: str
) -> None:
    run = make_run(name=name, arguments=broken)

    response = admin_client.get(reverse("admin:tasks_taskrun_change", args=[run.pk]))

    assert MASK in response.content.decode()
    assert_silent(response.content.decode())


def test_a_long_traceback_is_cut_after_it_was_masked() -> None:
    secret = "canary" * 2_000
    take_all.enqueue("x" * 9_000, secret)

    (run,) = run_due()

    assert run.status == RunStatus.FAILED
    assert_silent(run.errors)


def test_short_values_are_left() -> None:
    assert hide("no 1 and no abcd", ["1", "no", "abcd"]) == f"no 1 and no {MASK}"


def test_a_secret_that_holds_another_is_hidden_whole() -> None:
    assert hide("begin-abcd-end", ["abcd", "begin-abcd-end"]) == MASK


def test_no_step_of_a_workflow_shows_them() -> None:
    step = sign_in.si("Ann", CANARIES[0], token=CANARIES[1])

    assert_silent(repr(chain(step)))
    assert_silent(repr(chain(step).enqueue()))
