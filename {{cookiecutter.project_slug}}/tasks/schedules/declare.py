"""`@schedule`: when a task runs by itself, said beside the task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn

from tasks.errors import InvalidSchedule
from tasks.models import CatchUp
from tasks.schedules.arguments import checked_arguments
from tasks.schedules.rules import Rule
from tasks.task import Task

MAX_NAME = 150
SECOND = timedelta(seconds=1)
LONGEST_GRACE = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A schedule as the code declares it."""

    name: str
    task: str
    """The dotted path of the task."""
    rule: Rule
    arguments: str
    """As `tasks.payload.dump_arguments` writes them."""
    catch_up: CatchUp
    grace: int
    """Seconds."""
    run_at_start: bool


_declarations: dict[str, Declaration] = {}


def schedule[**P, R](
    cron: str = "",
    *,
    every: timedelta | None = None,
    timezone: str = "UTC",
    catch_up: str = CatchUp.ONE,
    grace: timedelta = timedelta(hours=1),
    name: str | None = None,
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    run_at_start: bool = False,
) -> Callable[[Task[P, R]], Task[P, R]]:
    """Enqueue the task below by itself: at the times of a cron expression, or at an interval.

    Written above `@task`, once or several times; `name` tells the schedules of a task apart.
    `catch_up` says what becomes of ticks that no timer was there for, `"none"`, `"one"` or `"all"`,
    if they are no older than `grace`. Raises `InvalidSchedule`, naming the task, for what makes no
    sense.
    """

    def declare(task: Task[P, R]) -> Task[P, R]:
        if not isinstance(task, Task):
            raise InvalidSchedule(f"{task!r} is no task: write @schedule above @task.")
        add(
            Declaration(
                name=_name(task, name),
                task=task.module_path,
                rule=_rule(task, cron, every, timezone),
                arguments=_arguments(task, args, dict(kwargs or {})),
                catch_up=_catch_up(task, catch_up),
                grace=_grace(task, grace),
                run_at_start=_flag(task, run_at_start),
            )
        )
        return task

    return declare


def add(declaration: Declaration) -> None:
    """Register a declaration. Raises `InvalidSchedule` when its name is taken."""
    if (other := _declarations.get(declaration.name)) is not None:
        raise InvalidSchedule(
            f"Task {declaration.task}: a schedule named {declaration.name!r} is declared for "
            f"{other.task} already. Give one of them another name."
        )
    _declarations[declaration.name] = declaration


def declared() -> list[Declaration]:
    """Return what the installed apps declare, by name."""
    return sorted(_declarations.values(), key=lambda declaration: declaration.name)


def _name(task: Task[..., Any], name: object) -> str:
    if name is None:
        name = _next_free(task.module_path)
    if not (isinstance(name, str) and 0 < len(name) <= MAX_NAME and name.isprintable()):
        _refuse(task, f"name must be 1 to {MAX_NAME} printable characters, not {name!r}")
    return name


def _next_free(path: str) -> str:
    """The first schedule of a task is named like the task, the second has a 2 behind that."""
    number = sum(declaration.task == path for declaration in _declarations.values()) + 1
    return path if number == 1 else f"{path} {number}"


def _rule(task: Task[..., Any], cron: object, every: object, timezone: object) -> Rule:
    if not isinstance(cron, str):
        _refuse(task, f"the cron expression must be a string, not {cron!r}")
    if not isinstance(timezone, str):
        _refuse(task, f"timezone must be a name like 'Europe/Berlin', not {timezone!r}")
    try:
        return Rule(cron=cron, every=_seconds(task, "every", every), timezone=timezone)
    except InvalidSchedule as error:
        raise InvalidSchedule(f"Task {task.module_path}: {error}") from error


def _seconds(task: Task[..., Any], option: str, value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, timedelta) or value % SECOND:
        _refuse(task, f"{option} must be a timedelta of whole seconds, not {value!r}")
    return value // SECOND


def _arguments(task: Task[..., Any], args: object, kwargs: dict[str, Any]) -> str:
    if isinstance(args, str) or not isinstance(args, Sequence):
        _refuse(task, f"args must be a list or a tuple, not {args!r}")
    try:
        return checked_arguments(task, args, kwargs)
    except InvalidSchedule as error:
        raise InvalidSchedule(f"Task {task.module_path}, its schedule: {error}") from error


def _catch_up(task: Task[..., Any], value: object) -> CatchUp:
    if value not in CatchUp.values:
        _refuse(task, f"catch_up must be {', '.join(map(repr, CatchUp.values))}, not {value!r}")
    return CatchUp(value)


def _grace(task: Task[..., Any], value: object) -> int:
    seconds = _seconds(task, "grace", value)
    if seconds is None or not timedelta() <= seconds * SECOND <= LONGEST_GRACE:
        _refuse(task, f"grace must be a timedelta of 0 to 366 days, not {value!r}")
    return seconds


def _flag(task: Task[..., Any], value: object) -> bool:
    if not isinstance(value, bool):
        _refuse(task, f"run_at_start must be True or False, not {value!r}")
    return value


def _refuse(task: Task[..., Any], reason: str) -> NoReturn:
    raise InvalidSchedule(f"Task {task.module_path}, its schedule: {reason}.")
