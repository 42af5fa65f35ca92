"""A wrong option is an error when the module is imported, and the error names the task."""

import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.tasks.exceptions import InvalidTask
from django.utils import timezone

from tasks import registry
from tasks.context import RunContext
from tasks.errors import InvalidTaskOption
from tasks.task import Task, task
from tasks.tests.sample.tasks import (
    Stumble,
    add,
    add_async,
    fail_as,
    glance,
    once_per_order,
    stumble,
)


def body(order_id: int) -> None:
    """What is declared as a task."""


async def body_async(order_id: int) -> None:
    """The same, as a coroutine."""


def body_with_context(context: RunContext, order_id: int) -> None:
    """The same, with a context."""


def body_without_context(order_id: int) -> None:
    """What cannot take a context."""


def declare(function: Any = body, **options: Any) -> Task[..., Any]:
    decorate: Any = task(**options)
    declared: Task[..., Any] = decorate(function)
    return declared


@pytest.mark.parametrize(
    "options",
    [
        {"max_attempts": 0},
        {"max_attempts": -1},
        {"max_attempts": 1001},
        {"max_attempts": 2.0},
        {"max_attempts": "8"},
        {"max_attempts": True},
        {"backoff": -1},
        {"backoff": "1"},
        {"backoff": float("nan")},
        {"backoff": float("inf")},
        {"max_backoff": -0.5},
        {"max_backoff": None.__class__},
        {"max_backoff": float("inf")},
        {"time_limit": 0},
        {"time_limit": -3},
        {"time_limit": timedelta(seconds=3)},
        {"time_limit": float("nan")},
        {"retry_on": ("ValueError",)},
        {"retry_on": (int,)},
        {"retry_on": ValueError("an instance")},
        {"retry_on": BaseException},
        {"give_up_on": (object,)},
        {"give_up_on": 3},
        {"queue_name": ""},
        {"queue_name": "a,b"},
        {"queue_name": " padded "},
        {"queue_name": "x" * 65},
        {"queue_name": "line\nbreak"},
        {"queue_name": None},
        {"unique": 1},
        {"unique": "no argument"},
        {"unique": "{order}"},
        {"unique": "{order_id"},
        {"unique": "{order_id.real}"},
        {"unique": "{}"},
        {"unique": "{0}"},
        {"sensitive": "order"},
        {"sensitive": ("order_id", "order")},
        {"sensitive": ("order_id", 3)},
        {"sensitive": 3},
        {"manual": "yes"},
        {"manual": None},
        {"atomic": "yes"},
        {"atomic": 1},
        {"priority": 101},
        {"priority": -101},
        {"priority": 0.5},
        {"priority": "high"},
        {"priority": None},
        {"max_atempts": 3},
        {"retries": 3},
    ],
    ids=str,
)
def test_a_wrong_option_is_refused_with_the_tasks_name(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidTaskOption, match=rf"^Task {__name__}\.body: ") as refused:
        declare(**options)

    assert next(iter(options)) in str(refused.value)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"unique": True}, "unique needs one"),
        ({"atomic": True}, "atomic needs one"),
        ({"max_attempts": 3, "retry_on": ValueError}, "max_attempts, retry_on needs one"),
        ({"max_running": 1}, "max_running needs one"),
        ({"rate": "1/s"}, "rate needs one"),
        ({"expires_after": 60}, "expires_after needs one"),
        ({"sensitive": "order_id"}, "sensitive hides none"),
    ],
    ids=str,
)
def test_what_needs_a_row_is_refused_without_one(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidTaskOption, match=reason):
        declare(durable=False, **options)


def test_a_body_without_a_row_has_no_context() -> None:
    with pytest.raises(InvalidTaskOption, match="takes_context needs one"):
        declare(body_with_context, durable=False, takes_context=True)


def test_a_call_that_may_be_lost_is_unique_and_tried_again_in_no_variant() -> None:
    for given in ({"unique_key": "one"}, {"max_attempts": 2}, {"expires_after": 5}):
        with pytest.raises(InvalidTaskOption, match="durable=False keeps no row"):
            glance.using(**given)


def test_a_refused_task_is_not_registered() -> None:
    with pytest.raises(InvalidTaskOption):
        declare(body_without_context, max_attempts=0)

    assert registry.find(f"{__name__}.body_without_context") is None


def test_an_atomic_task_must_be_a_plain_function() -> None:
    with pytest.raises(InvalidTaskOption, match=r"body_async: atomic needs a plain function"):
        declare(body_async, atomic=True)


def test_a_task_that_takes_a_context_must_have_a_place_for_it() -> None:
    with pytest.raises(InvalidTask, match="context"):
        declare(body_without_context, takes_context=True)


def test_a_template_does_not_know_the_context() -> None:
    with pytest.raises(InvalidTaskOption, match=r"the arguments are: order_id"):
        declare(body_with_context, takes_context=True, unique="{context}")


@pytest.mark.parametrize("priority", [-100, 0, 100])
def test_priorities_reach_from_minus_a_hundred_to_a_hundred(priority: int) -> None:
    assert declare(priority=priority).priority == priority


def test_one_exception_class_needs_no_tuple() -> None:
    declared = declare(retry_on=ValueError, give_up_on=[KeyError, TypeError])

    assert declared.retry_on == (ValueError,)
    assert declared.give_up_on == (KeyError, TypeError)


def test_options_that_are_not_given_are_left_to_the_project() -> None:
    assert add.max_attempts is None
    assert add.backoff is None
    assert add.time_limit is None
    assert add.atomic is False
    assert add.unique is False


def test_using_changes_one_call_and_not_the_task() -> None:
    variant = stumble.using(
        priority=7,
        queue_name="slow",
        unique_key="one",
        max_attempts=2,
        run_after=timedelta(hours=1),
    )

    assert (variant.priority, variant.queue_name) == (7, "slow")
    assert (variant.unique_key, variant.max_attempts) == ("one", 2)
    assert variant.backoff == stumble.backoff
    assert (stumble.priority, stumble.queue_name, stumble.max_attempts) == (0, "default", 3)
    assert stumble.unique_key is None
    assert registry.find(stumble.module_path) is stumble


def test_using_keeps_what_it_is_not_told() -> None:
    variant = stumble.using(max_attempts=2, unique_key="one").using(priority=5)

    assert (variant.max_attempts, variant.unique_key, variant.priority) == (2, "one", 5)


def test_a_timedelta_counts_from_now() -> None:
    before = timezone.now()
    variant = add.using(run_after=timedelta(minutes=5))
    after = timezone.now()

    assert variant.run_after is not None
    assert before + timedelta(minutes=5) <= variant.run_after <= after + timedelta(minutes=5)


def test_a_datetime_is_taken_as_it_is() -> None:
    at = datetime(2030, 1, 2, tzinfo=UTC)

    assert add.using(run_after=at).run_after == at


@pytest.mark.parametrize(
    "changes",
    [
        {"run_after": datetime(2030, 1, 2)},  # noqa: DTZ001 - naive on purpose
        {"run_after": "tomorrow"},
        {"run_after": timedelta.max},
        {"priority": 101},
        {"priority": 1.5},
        {"priority": "high"},
        {"queue_name": ""},
        {"queue_name": "a,b"},
        {"max_attempts": 0},
        {"max_attempts": "many"},
        {"unique_key": ""},
        {"unique_key": "x" * 151},
        {"unique_key": 5},
        {"unique_key": "nul \x00"},
        {"unique_key": "half \ud800"},
    ],
    ids=ascii,
)
def test_a_wrong_value_for_one_call_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidTask):
        add.using(**changes)


@pytest.mark.parametrize("declared", [add, add_async, stumble, fail_as, once_per_order], ids=str)
def test_a_task_survives_pickling(declared: Task[..., Any]) -> None:
    assert pickle.loads(pickle.dumps(declared)) == declared  # noqa: S301


def test_a_variant_survives_pickling() -> None:
    variant = fail_as.using(priority=3, unique_key="k", run_after=timedelta(days=1))

    copy = pickle.loads(pickle.dumps(variant))  # noqa: S301

    assert copy == variant
    assert copy.retry_on == (Stumble,)
    assert registry.find(fail_as.module_path) is fail_as


def test_calling_a_task_runs_its_function_here() -> None:
    assert add.call(1, 2) == 3
    assert async_to_sync(add_async.func)(1, 2) == 3
