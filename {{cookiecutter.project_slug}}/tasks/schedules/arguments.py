"""The arguments that every run of a schedule gets: looked at before they are stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from tasks.calling import check_call
from tasks.errors import ArgumentsDoNotFit, ArgumentsNotJSON, ArgumentsTooLarge, InvalidSchedule
from tasks.payload import dump_arguments
from tasks.sensitive import masked_arguments
from tasks.task import Task


def checked_arguments(task: Task[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> str:
    """Return the arguments as the table holds them.

    Raises `InvalidSchedule` when the task does not take them, when they are no JSON, and when one
    of them is sensitive: a schedule is there to be looked at.
    """
    try:
        check_call(task, args, kwargs)
        text = dump_arguments(task.module_path, args, kwargs)
    except (ArgumentsDoNotFit, ArgumentsNotJSON, ArgumentsTooLarge) as error:
        raise InvalidSchedule(str(error)) from error
    if masked_arguments(task.module_path, args, kwargs) != (list(args), kwargs):
        said = _(
            "%(task)s is given a sensitive argument, and schedules are shown to people: let the "
            "task look it up."
        )
        raise InvalidSchedule(said % {"task": task.module_path})
    return text
