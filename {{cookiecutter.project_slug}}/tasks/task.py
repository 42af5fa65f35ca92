"""`Task`: Django's task with this project's options. `task` is Django's decorator, typed for
them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Concatenate, Protocol, Self, overload

import django.tasks
from django.tasks.base import Task as DjangoTask

from tasks import registry
from tasks.context import RunContext
from tasks.options import check_names, check_options, earliest_start, render_unique_key
from tasks.step import Step

if TYPE_CHECKING:
    from tasks.results import RunResult

    class _Base[**P, R](DjangoTask[P, R]):
        """The base as the stubs know it: generic."""
else:

    class _Base(DjangoTask):
        """Django's class cannot be subscripted when the program runs; this one can."""

        __slots__ = ()

        def __class_getitem__(cls, _parameters: object) -> type:
            return cls


@dataclass(frozen=True, slots=True, kw_only=True)
class Task[**P, R](_Base[P, R]):
    """A task and how it is run. Every field is a keyword of `@task`; some are of `using()` too."""

    max_attempts: int | None = None
    """Starts in all, the first included. `None`: the project's default (`tasks.conf.Options`)."""
    backoff: float | None = None
    """Seconds, doubled at every attempt, before the next one. `None`: the project's default."""
    max_backoff: float | None = None
    """The longest such wait, in seconds. `None`: the project's default."""
    retry_on: tuple[type[Exception], ...] = ()
    """Only these are worth another attempt. Empty: every exception is."""
    give_up_on: tuple[type[Exception], ...] = ()
    """These fail the run at once."""
    time_limit: float | None = None
    """Seconds that one attempt may take; then `TimeLimitExceeded` is raised inside the body."""
    unique: bool | str = False
    """One live run per key: `True` for all arguments, or a template such as `"{order_id}"`."""
    atomic: bool = False
    """Body and outcome are one transaction: what it does to this database happens exactly once."""
    expires_after: float | None = None
    """A run that has not started so many seconds after it was due is cancelled."""
    max_running: int | None = None
    """So many at once at most, across all workers; 1 is a lock whose holder may die."""
    rate: str | None = None
    """So many starts a window at most, across all workers: `"100/m"`, `"5/30s"`."""
    durable: bool = True
    """`False`: one attempt, and no row where the engine carries calls itself. For what may be
    lost."""
    manual: bool = False
    """People may run it by hand, in the admin and through the API, with arguments of their own."""
    sensitive: tuple[str, ...] = ()
    """Names of arguments that are never shown or logged."""
    unique_key: str | None = None
    """The key of this one call; wins over `unique`."""

    def __new__(cls, **given: Any) -> Self:
        """Make a task. Raises `InvalidTaskOption` when an option is unknown."""
        check_names(given.get("func"), (field.name for field in fields(cls)), given)
        return object.__new__(cls)

    def __post_init__(self) -> None:
        object.__setattr__(self, "retry_on", _as_tuple(self.retry_on))
        object.__setattr__(self, "give_up_on", _as_tuple(self.give_up_on))
        object.__setattr__(self, "sensitive", _as_tuple(self.sensitive))
        check_options(self)
        DjangoTask.__post_init__(self)
        registry.add(self)

    @property
    def is_async(self) -> bool:
        """Whether the function is `async def`."""
        return iscoroutinefunction(self.func)

    @property
    def is_gated(self) -> bool:
        """Whether its runs are claimed through a gate, which counts them."""
        return self.max_running is not None or self.rate is not None

    def using(
        self,
        *,
        priority: int | None = None,
        queue_name: str | None = None,
        run_after: datetime | timedelta | None = None,
        backend: str | None = None,
        unique_key: str | None = None,
        max_attempts: int | None = None,
        expires_after: float | None = None,
    ) -> Task[P, R]:
        """Return a variant of the task for one call.

        `run_after` is the earliest start: an aware datetime, or a timedelta from now. Raises
        `InvalidTask` when a value is bad.
        """
        changed = replace(
            self,
            unique_key=self.unique_key if unique_key is None else unique_key,
            max_attempts=self.max_attempts if max_attempts is None else max_attempts,
            expires_after=self.expires_after if expires_after is None else expires_after,
        )
        return DjangoTask.using(  # type: ignore[return-value]  # it is of the class of `changed`
            changed,
            priority=priority,
            queue_name=queue_name,
            run_after=earliest_start(self, run_after),
            backend=backend,
        )

    if TYPE_CHECKING:

        def enqueue(self, *args: P.args, **kwargs: P.kwargs) -> RunResult[P, R]: ...
        async def aenqueue(self, *args: P.args, **kwargs: P.kwargs) -> RunResult[P, R]: ...

    def s(self, *args: Any, **kwargs: Any) -> Step[R]:
        """Return a step of a chain or a group.

        The result of the step before it becomes its first argument, in front of these.
        """
        return Step(self, args, kwargs, takes_result=True)

    def si(self, *args: P.args, **kwargs: P.kwargs) -> Step[R]:
        """Return a step that is called with these arguments alone."""
        return Step(self, args, kwargs, takes_result=False)

    def call(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the function here and now; what Django's immediate backend does."""
        return DjangoTask.call(self, *_with_run_context(self, args), **kwargs)

    async def acall(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """See `call()`."""
        return await DjangoTask.acall(self, *_with_run_context(self, args), **kwargs)

    def key_of(self, args: Sequence[Any], kwargs: dict[str, Any]) -> str | None:
        """Return the unique key of a call, or `None` when any number of runs may live."""
        if self.unique_key is not None:
            return f"{self.module_path}:{self.unique_key}"
        if self.unique is False:
            return None
        return f"{self.module_path}:{render_unique_key(self, args, kwargs)}"


def _with_run_context(task: Task[..., Any], args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Django's immediate backend gives a context of its own, which knows nothing of cancelling."""
    if task.takes_context and args and not isinstance(args[0], RunContext):
        return (RunContext(task_result=args[0].task_result), *args[1:])
    return args


def _as_tuple(items: Any) -> Any:
    """One class or name alone, and whatever else is no collection, as a tuple of one."""
    if isinstance(items, type | str) or not isinstance(items, Iterable):
        return (items,)
    return tuple(items)


class _Decorator(Protocol):
    """`django.tasks.task` as this project's backend understands it."""

    @overload
    def __call__[**P, R](self, function: Callable[P, R], /) -> Task[P, R]: ...
    @overload
    def __call__[**P, R](
        self, *, takes_context: bool, **options: Any
    ) -> Callable[[Callable[Concatenate[RunContext, P], R]], Task[P, R]]: ...
    @overload
    def __call__[**P, R](
        self,
        *,
        priority: int = 0,
        queue_name: str = "default",
        backend: str = "default",
        max_attempts: int | None = None,
        backoff: float | None = None,
        max_backoff: float | None = None,
        retry_on: type[Exception] | tuple[type[Exception], ...] = (),
        give_up_on: type[Exception] | tuple[type[Exception], ...] = (),
        time_limit: float | None = None,
        unique: bool | str = False,
        atomic: bool = False,
        expires_after: float | None = None,
        max_running: int | None = None,
        rate: str | None = None,
        durable: bool = True,
        manual: bool = False,
        sensitive: str | tuple[str, ...] = (),
    ) -> Callable[[Callable[P, R]], Task[P, R]]: ...


# The very same function as `django.tasks.task`; the published stubs do not know that it hands
# further keywords to the backend's task class.
task: _Decorator = django.tasks.task  # type: ignore[assignment]
