"""What a task's options may be. A wrong one is an error when the task's module is imported."""

from __future__ import annotations

import hashlib
import inspect
import json
import string
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.tasks.base import TASK_MAX_PRIORITY, TASK_MIN_PRIORITY
from django.utils import timezone

from tasks.errors import InvalidTaskOption
from tasks.rates import Rate

if TYPE_CHECKING:
    from tasks.task import Task

MAX_ATTEMPTS = 1000
MAX_KEY_LENGTH = 150
MAX_RUNNING = 1_000_000
MAX_SECONDS = 366 * 24 * 60 * 60
NEED_A_ROW = (
    "unique",
    "unique_key",
    "atomic",
    "max_attempts",
    "backoff",
    "max_backoff",
    "retry_on",
    "give_up_on",
    "max_running",
    "rate",
    "expires_after",
    "takes_context",
    "manual",
)


def check_names(function: Any, known: Iterable[str], given: Iterable[str]) -> None:
    """Raise `InvalidTaskOption`, naming the task, unless every option is one that there is."""
    if unknown := sorted(set(given) - set(known)):
        name = f"{function.__module__}.{function.__qualname__}"
        raise InvalidTaskOption(
            f"Task {name}: {', '.join(unknown)} is no option. "
            f"The options are: {', '.join(sorted(set(known) - {'func', 'run_after'}))}."
        )


def check_options(task: Task[..., Any]) -> None:
    """Raise `InvalidTaskOption`, naming the task, unless every option makes sense."""
    _priority(task)
    _number(task, "max_attempts", at_least=1, at_most=MAX_ATTEMPTS, whole=True)
    _number(task, "backoff", at_least=0, at_most=MAX_SECONDS)
    _number(task, "max_backoff", at_least=0, at_most=MAX_SECONDS)
    _number(task, "time_limit", at_least=0.001, at_most=MAX_SECONDS)
    _exceptions(task, "retry_on")
    _exceptions(task, "give_up_on")
    _queue_name(task)
    _unique(task)
    _unique_key(task)
    _flag(task, "atomic")
    _flag(task, "durable")
    _atomic(task)
    _number(task, "expires_after", at_least=0.001, at_most=MAX_SECONDS)
    _number(task, "max_running", at_least=1, at_most=MAX_RUNNING, whole=True)
    _rate(task)
    _flag(task, "manual")
    _manual(task)
    _durable(task)
    _sensitive(task)


def earliest_start(task: Task[..., Any], run_after: datetime | timedelta | None) -> datetime | None:
    """Return `run_after` as a time; a timedelta counts from now. Raises `InvalidTaskOption`."""
    if not isinstance(run_after, datetime | timedelta | None):
        _refuse(task, f"run_after must be a datetime or a timedelta, not {run_after!r}")
    if not isinstance(run_after, timedelta):
        return run_after
    try:
        return timezone.now() + run_after
    except OverflowError as error:
        raise InvalidTaskOption(
            f"Task {task.module_path}: run_after={run_after} is beyond the calendar's end."
        ) from error


def render_unique_key(task: Task[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> str:
    """Return the part of the unique key that the arguments decide.

    Keys that are long, or hold what a database refuses, are cut and end in a digest of the whole,
    so that they stay apart.
    """
    if task.unique is True or _shows_secrets(task):
        text = json.dumps([args, kwargs], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()
    bound = signature_of(task).bind(*args, **kwargs)
    bound.apply_defaults()
    key = str(task.unique).format_map(bound.arguments)
    if len(key) <= MAX_KEY_LENGTH and key.isprintable():
        return key
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    readable = "".join(character if character.isprintable() else "?" for character in key)
    return f"{readable[: MAX_KEY_LENGTH - 65]}~{digest}"


def _shows_secrets(task: Task[..., Any]) -> bool:
    """Say whether the template would put a sensitive argument into the key, which is shown."""
    fields = {field for _, field, _, _ in string.Formatter().parse(str(task.unique))}
    return bool(fields & set(task.sensitive))


def check_call(task: Task[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> None:
    """Raise `TypeError`, naming the task, unless its function can be called like this."""
    try:
        signature_of(task).bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(f"Task {task.module_path} cannot be called like this: {error}.") from error


def _priority(task: Task[..., Any]) -> None:
    if task.priority is None:
        _refuse(task, "priority must be a whole number, not None")
    _number(task, "priority", at_least=TASK_MIN_PRIORITY, at_most=TASK_MAX_PRIORITY, whole=True)


def _number(
    task: Task[..., Any], option: str, *, at_least: float, at_most: float, whole: bool = False
) -> None:
    value = getattr(task, option)
    if value is None:
        return
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_right_kind = is_number and not (whole and isinstance(value, float))
    if not (is_right_kind and at_least <= value <= at_most):
        kind = "a whole number" if whole else "a number"
        _refuse(task, f"{option} must be {kind} from {at_least} to {at_most}, not {value!r}")


def _exceptions(task: Task[..., Any], option: str) -> None:
    for item in getattr(task, option):
        if not (isinstance(item, type) and issubclass(item, Exception)):
            _refuse(task, f"{option} takes exception classes, not {item!r}")


def _queue_name(task: Task[..., Any]) -> None:
    name: object = task.queue_name
    if not (
        isinstance(name, str)
        and 0 < len(name) <= 64
        and name.isprintable()
        and "," not in name
        and name == name.strip()
    ):
        _refuse(
            task, f"queue_name must be 1 to 64 printable characters without a comma, not {name!r}"
        )


def _unique(task: Task[..., Any]) -> None:
    if isinstance(task.unique, bool):
        return
    if not isinstance(task.unique, str):
        _refuse(task, f"unique must be True, False or a template, not {task.unique!r}")
    known = set(signature_of(task).parameters)
    try:
        used = {
            field for _, field, _, _ in string.Formatter().parse(task.unique) if field is not None
        }
    except ValueError as error:
        raise InvalidTaskOption(
            f"Task {task.module_path}: unique={task.unique!r} is not a template: {error}."
        ) from error
    if not used:
        _refuse(task, f"unique={task.unique!r} names no argument: write it like '{{order_id}}'")
    if strangers := used - known:
        _refuse(
            task,
            f"unique={task.unique!r} names {', '.join(sorted(strangers))}; "
            f"the arguments are: {', '.join(sorted(known)) or 'none'}",
        )


def _unique_key(task: Task[..., Any]) -> None:
    key: object = task.unique_key
    if key is not None and not (
        isinstance(key, str) and 0 < len(key) <= MAX_KEY_LENGTH and key.isprintable()
    ):
        _refuse(task, f"unique_key must be 1 to {MAX_KEY_LENGTH} printable characters, not {key!r}")


def _flag(task: Task[..., Any], option: str) -> None:
    value = getattr(task, option)
    if not isinstance(value, bool):
        _refuse(task, f"{option} must be True or False, not {value!r}")


def _atomic(task: Task[..., Any]) -> None:
    if task.atomic and task.is_async:
        _refuse(task, "atomic needs a plain function: Django's transactions are synchronous")


def _rate(task: Task[..., Any]) -> None:
    if task.rate is None:
        return
    try:
        Rate.parse(task.rate)
    except ValueError as error:
        raise InvalidTaskOption(
            f"Task {task.module_path}: rate={task.rate!r} is no rate: {error}."
        ) from error


def _durable(task: Task[..., Any]) -> None:
    """Without a row nothing is counted, keyed, tried again, or written together with effects."""
    if task.durable:
        return
    if used := [name for name in NEED_A_ROW if getattr(task, name)]:
        _refuse(task, f"durable=False keeps no row, and {', '.join(used)} needs one")
    if task.sensitive:
        _refuse(
            task, "durable=False sends the arguments with the message, where sensitive hides none"
        )


def _manual(task: Task[..., Any]) -> None:
    """A form has a field for each argument: all must have a name."""
    nameless = (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.VAR_POSITIONAL,
        inspect.Parameter.VAR_KEYWORD,
    )
    parameters = signature_of(task).parameters.values() if task.manual else []
    if strange := [str(each) for each in parameters if each.kind in nameless]:
        _refuse(task, f"manual needs arguments that can be named, not {', '.join(strange)}")


def _sensitive(task: Task[..., Any]) -> None:
    known = signature_of(task).parameters
    for name in task.sensitive:
        if not isinstance(name, str) or name not in known:
            arguments = ", ".join(sorted(known)) or "none"
            _refuse(task, f"sensitive names {name!r}; the arguments are: {arguments}")


def signature_of(task: Task[..., Any]) -> inspect.Signature:
    """Return what a call may pass: the function's signature without the context."""
    signature = inspect.signature(task.func)
    if task.takes_context:
        return signature.replace(parameters=list(signature.parameters.values())[1:])
    return signature


def _refuse(task: Task[..., Any], reason: str) -> None:
    raise InvalidTaskOption(f"Task {task.module_path}: {reason}.")
