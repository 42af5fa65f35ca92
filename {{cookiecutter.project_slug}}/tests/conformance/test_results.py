"""Who enqueued a run learns in its own process what became of it in another's."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.tasks import TaskResultStatus

from tasks.tests.sample.tasks import Hopeless, add_async, echo, fail_as
from tests.conformance.harness import Program

pytestmark = pytest.mark.guarantee("What a run returned or raised is known to whoever asks")


@pytest.mark.parametrize("value", [None, 3, "Größe \u2028 \N{BEETLE}", {"a": [1.5, None]}])
def test_what_a_task_returns_arrives(crew: Program, value: Any) -> None:
    result = echo.enqueue(value)

    assert result.wait(10).return_value == value
    assert echo.get_result(result.id).return_value == value


def test_what_a_task_raised_arrives_with_its_place(crew: Program) -> None:
    result = fail_as.enqueue("hopeless").wait(10)

    assert result.status == TaskResultStatus.FAILED
    (error,) = result.errors
    assert error.exception_class is Hopeless
    assert "in fail_as" in error.traceback
    assert result.attempts == 1


def test_coroutines_enqueue_and_wait_without_holding_up_their_loop(crew: Program) -> None:
    async def ask() -> list[object]:
        asked = await add_async.aenqueue(2, 3)
        await asked.wait_async(10)
        found = await add_async.aget_result(asked.id)
        return [asked.return_value, found.return_value]

    assert async_to_sync(ask)() == [5, 5]
