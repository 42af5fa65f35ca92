"""What people do to tasks, and what they see of them.

The admin, the API and the commands call this and nothing below it. Who may do what is their
business; that it is written down who did it is done here.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.admin.models import ADDITION, CHANGE
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tasks import calling, health, ledger, parameters, schedules
from tasks.control import audit, declared, gatekeeping, relations, steering, timetable, workforce
from tasks.control.acts import (
    CANCEL,
    DELETE,
    PROMOTE,
    RETRY,
    Act,
    Effect,
    count_meant,
    count_named,
    perform,
)
from tasks.control.again import enqueue_again
from tasks.control.declared import Declared
from tasks.control.matching import Matching
from tasks.control.overview import Overview, overview
from tasks.control.paging import Page, page_of
from tasks.control.reading import HEAVY, Run, WholeRun
from tasks.control.relations import Related
from tasks.control.said import Said, said
from tasks.control.tallies import Tally, tallies
from tasks.control.timetable import ScheduleState
from tasks.control.trouble import Trouble, trouble
from tasks.control.workforce import WorkerState
from tasks.errors import NotManual, UnknownRun
from tasks.health import OLDEST_READY_SECONDS, HealthReport
from tasks.ledger import now
from tasks.models import GateKind, RunStatus, Schedule, TaskRun, Wish
from tasks.results import RunResult
from tasks.roles import Role, make_roles
from tasks.statistics import summary, timeline
from tasks.statistics.depths import By, Depth
from tasks.statistics.failing import Failing, failing
from tasks.statistics.rollups import prune_rollups
from tasks.statistics.summary import Queue, Statistics
from tasks.statistics.timeline import Timeline
from tasks.tasks import act_on_matching

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

HOUR = timedelta(hours=1)
MOST_AT_ONCE = 10_000
PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """An act that goes on in the background."""

    run_id: uuid.UUID
    """The run that does it, and shows how far it is."""
    count: int
    """How many runs matched when it was asked for."""


class TaskService:
    """Everything that can be seen of tasks and done to them."""

    # What is going on.

    def statistics(self, window: timedelta = HOUR, *, by: By = "queue") -> Statistics:
        """Return the numbers of every queue, or by `name` of every task, and of all together."""
        return summary.statistics(by, window)

    def timeline(
        self,
        step: timedelta = HOUR,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        task: str | None = None,
        queue: str | None = None,
    ) -> Timeline:
        """Return what ended by the minute, the hour or some hours, none left out.

        Its bounds are those of `tasks.statistics.timeline`. Raises `ValueError` for another step,
        and for a span that has none or too many.
        """
        return timeline.timeline(step, since=since, until=until, task=task, queue=queue)

    def overview(self, window: str = "hour") -> Overview:
        """Return everything at a glance, with what ended in the last hour, day or week."""
        return overview(window)

    def queues(self) -> list[Queue]:
        """Return all queues, by name."""
        return summary.queues()

    def depth(self, queue: str | None = None) -> Depth:
        """Return how many runs are there now by their status, in one queue or in all."""
        return summary.depth(queue)

    def pending(self, queue: str | None = None) -> int:
        """Return how many runs have not started."""
        return self.depth(queue).pending

    def completed(self, window: timedelta = HOUR, *, queue: str | None = None) -> int:
        """Return how many runs succeeded within the window."""
        return summary.count_ended(RunStatus.SUCCESSFUL, window, queue)

    def failed(self, window: timedelta = HOUR, *, queue: str | None = None) -> int:
        """Return how many runs failed for good within the window."""
        return summary.count_ended(RunStatus.FAILED, window, queue)

    def failures(self, since: datetime, until: datetime) -> dict[str, int]:
        """Return by task how many runs failed for good from `since` until just before `until`.

        A run that was retried is not counted, nor is one that is older than failed runs are kept.
        """
        return summary.failures(since, until)

    def workers(self) -> list[WorkerState]:
        """Return the worker processes that are alive or were lost lately, and what they hold."""
        return workforce.workers()

    def health(self, *, oldest_ready: float = OLDEST_READY_SECONDS) -> HealthReport:
        """Return whether all is well, and if not, why. Raises nothing when the database is away."""
        return health.check(oldest_ready=oldest_ready)

    # Runs.

    def runs(self, matching: Matching = Matching(), *, limit: int = 100) -> list[Run]:  # noqa: B008
        """Return the runs that match, newest first."""
        rows = matching.rows().order_by("-pk").defer(*HEAVY)
        return [Run.of(row) for row in rows[:limit]]

    def failed_runs(
        self, queue: str | None = None, task: str | None = None, *, limit: int = 100
    ) -> list[Run]:
        """Return the runs that have failed for good, those that failed last first."""
        matching = Matching(statuses=(RunStatus.FAILED,), queue=queue, task=task)
        rows = matching.rows().order_by("-finished_at", "-pk").defer(*HEAVY)
        return [Run.of(row) for row in rows[:limit]]

    def failing(self, *, limit: int = 50) -> list[Failing]:
        """Return what is failed now by kind, the kinds that failed last first."""
        return failing(limit)

    def show(self, id_: uuid.UUID) -> WholeRun:
        """Return all that is known of a run. Raises `UnknownRun`."""
        row = TaskRun.objects.filter(pk=id_).first()
        if row is None:
            raise UnknownRun(
                gettext("There is no run %(id)s. It may be old and deleted.") % {"id": id_}
            )
        return WholeRun.of(row)

    def lines(
        self, id_: uuid.UUID, attempt: int | None = None, *, after: int = -1, limit: int = 1000
    ) -> list[Said]:
        """Return what a run, or one attempt, has logged, in order, as `tasks.control.said` does."""
        return said(id_, attempt, after=after, limit=limit)

    def page(
        self,
        matching: Matching,
        size: int,
        *,
        start: uuid.UUID | None = None,
        is_back: bool = False,
    ) -> Page:
        """Return the runs that match, newest first, by pages: see `tasks.control.paging`."""
        return page_of(matching, size, start=start, is_back=is_back)

    def related(self, id_: uuid.UUID) -> Related:
        """Return what a run is tied to. Raises `UnknownRun`."""
        return relations.related(id_)

    def enqueue(
        self,
        name: str,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        by: AbstractBaseUser | None,
    ) -> RunResult[..., Any]:
        """Enqueue a task by its dotted path.

        Raises `UnknownTask`, `ArgumentsDoNotFit`, `ArgumentsNotJSON` and `ArgumentsTooLarge`.
        """
        task = calling.named(name)
        calling.check_call(task, args, kwargs or {})
        with transaction.atomic():
            result = task.enqueue(*args, **(kwargs or {}))
            rows = TaskRun.objects.filter(pk=result.id)
            audit.record(rows, _("Enqueued by hand."), by=by, flag=ADDITION)
        return result

    def run_by_hand(
        self, name: str, arguments: Mapping[str, Any], *, by: AbstractBaseUser | None
    ) -> RunResult[..., Any]:
        """Enqueue a task that opts in with `manual=True`; its arguments are named.

        Raises `UnknownTask`, `NotManual`, `ArgumentsInvalid`, `ArgumentsNotJSON` and
        `ArgumentsTooLarge`.
        """
        task = calling.named(name)
        if not task.manual:
            said = gettext("Task %(name)s is not to be run by hand: it lacks manual=True.")
            raise NotManual(said % {"name": name})
        return self.enqueue(name, (), parameters.accepted(task, arguments), by=by)

    def enqueue_again(self, id_: uuid.UUID, *, by: AbstractBaseUser | None) -> uuid.UUID:
        """Enqueue a run's task with its arguments once more; return the new id.

        Raises `UnknownRun`, `UnknownTask`, `ArgumentsDoNotFit` and `UniqueRunExists`.
        """
        return enqueue_again(id_, by=by)

    # What is done to runs: to those named, or to all that match.

    def retry(self, ids: Collection[uuid.UUID], *, by: AbstractBaseUser | None) -> Effect:
        """Give failed and cancelled runs all their attempts again."""
        return perform(RETRY, ids, by=by)

    def promote(self, ids: Collection[uuid.UUID], *, by: AbstractBaseUser | None) -> Effect:
        """Let scheduled runs run before they are due. Pauses and limits hold them all the same."""
        return perform(PROMOTE, ids, by=by)

    def cancel(self, ids: Collection[uuid.UUID], *, by: AbstractBaseUser | None) -> Effect:
        """Stop runs that have not started; ask those that run to stop."""
        return perform(CANCEL, ids, by=by)

    def delete(self, ids: Collection[uuid.UUID], *, by: AbstractBaseUser | None) -> Effect:
        """Delete failed and cancelled runs."""
        return perform(DELETE, ids, by=by)

    def count(self, act: Act, matching: Matching) -> int:
        """Return to how many an act on all that match would apply; at most `MOST_AT_ONCE`."""
        return count_meant(act, matching, most=MOST_AT_ONCE)

    def count_of(self, act: Act, ids: Collection[uuid.UUID]) -> int:
        """Return to how many of these runs an act would apply."""
        return count_named(act, ids)

    def retry_all(self, matching: Matching, *, by: AbstractBaseUser | None) -> Bulk:
        """Retry up to `MOST_AT_ONCE` that match, in the background: those failed unless told."""
        return self._act_on_all(RETRY, matching, by)

    def promote_all(self, matching: Matching, *, by: AbstractBaseUser | None) -> Bulk:
        """Let up to `MOST_AT_ONCE` scheduled runs that match run now, in the background."""
        return self._act_on_all(PROMOTE, matching, by)

    def cancel_all(self, matching: Matching, *, by: AbstractBaseUser | None) -> Bulk:
        """Cancel up to `MOST_AT_ONCE` live runs that match, in the background."""
        return self._act_on_all(CANCEL, matching, by)

    def delete_all(self, matching: Matching, *, by: AbstractBaseUser | None) -> Bulk:
        """Delete up to `MOST_AT_ONCE` that match, in the background: those failed unless told."""
        return self._act_on_all(DELETE, matching, by)

    def _act_on_all(self, act: Act, matching: Matching, by: AbstractBaseUser | None) -> Bulk:
        # What is enqueued from now on is not meant: the run that does it least of all.
        asked_at = now()
        meant = replace(matching, until=min(matching.until or asked_at, asked_at))
        count = self.count(act, meant)
        result = act_on_matching.enqueue(
            act.name, meant.as_json(), MOST_AT_ONCE, str(by.pk) if by is not None else None
        )
        return Bulk(run_id=uuid.UUID(result.id), count=count)

    def count_old(self) -> int:
        """Return how many runs are older than they are kept, and could be deleted now."""
        return ledger.count_old_runs()

    def prune(self, *, between: Callable[[int], object] = lambda _rows: None) -> int:
        """Delete what is older than it is kept, as the timer does; return how many rows.

        `between` is called after each batch with the number of rows so far. What it raises ends the
        work.
        """
        total = 0
        for prune in (
            ledger.prune_runs,
            ledger.prune_groups,
            ledger.prune_ticks,
            prune_rollups,
            ledger.prune_workers,
        ):
            while deleted := prune():
                total += deleted
                between(total)
                # For others, as the timer pauses.
                time.sleep(PAUSE_SECONDS)
        return total

    def tallies(self) -> dict[RunStatus, Tally]:
        """Return how many runs have each status, counted no further than anybody reads."""
        return tallies()

    def trouble(self) -> Trouble:
        """Return how much somebody should look at: failed runs, and workers that are not well."""
        return trouble()

    def make_roles(self) -> list[Role]:
        """Make the groups of `tasks.permissions.ROLES`, or give them what they lack."""
        return make_roles()

    # Schedules.

    def schedules(self) -> list[ScheduleState]:
        """Return all schedules, by name."""
        return timetable.timetable()

    def save_schedule(self, schedule: Schedule, *, by: AbstractBaseUser | None) -> None:
        """Store a schedule that is new or was changed.

        Raises `UnknownTask`, `ArgumentsDoNotFit` and `InvalidSchedule`.
        """
        task = calling.named(schedule.task)
        calling.check_call(task, schedule.args, schedule.kwargs)
        flag = ADDITION if schedule.pk is None else CHANGE
        with transaction.atomic():
            schedules.save(schedule)
            audit.record([schedule], _("Saved."), by=by, flag=flag)

    def switch_schedule(self, name: str, *, on: bool, by: AbstractBaseUser | None) -> bool:
        """Pause or resume a schedule; return whether that changed anything.

        Raises `UnknownSchedule`, and `InvalidSchedule` when its rule makes no sense.
        """
        schedule = timetable.find(name)
        with transaction.atomic():
            changed = schedules.switch(schedule, on=on)
            if changed:
                audit.record([schedule], _("Resumed.") if on else _("Paused."), by=by)
        return changed

    def run_schedule(self, name: str, *, by: AbstractBaseUser | None) -> uuid.UUID:
        """Enqueue one run of a schedule at once; return its id.

        Raises `UnknownSchedule`, `UnknownTask`, `InvalidSchedule` and `UniqueRunExists`.
        """
        schedule = timetable.find(name)
        with transaction.atomic():
            id_ = schedules.run_now(schedule)
            audit.record([schedule], _("Run by hand."), by=by)
        return id_

    def schedule(self, id_: int) -> ScheduleState:
        """Return a schedule by its number. Raises `UnknownSchedule`."""
        return timetable.numbered(id_)

    # Workers.

    def ask_worker(self, id_: uuid.UUID, wish: Wish, *, by: AbstractBaseUser | None) -> bool:
        """Ask a worker to be quiet, to work again, or to stop; return whether that is new.

        Raises `UnknownWorker` unless it is alive.
        """
        return steering.ask(id_, wish, by=by)

    # Queues and tasks as a whole.

    def tasks(self) -> list[Declared]:
        """Return the tasks that installed apps declare, by name."""
        return declared.declared()

    def pause(self, kind: GateKind, name: str, *, by: AbstractBaseUser | None) -> bool:
        """Let no run of a queue or task start; return whether that changed anything.

        Raises `UnknownTask` and `UnknownQueue`.
        """
        return gatekeeping.pause(kind, name, by=by)

    def resume(self, kind: GateKind, name: str, *, by: AbstractBaseUser | None) -> bool:
        """Let the runs of a queue or task start again; return whether that changed anything."""
        return gatekeeping.resume(kind, name, by=by)

    def set_limit(self, queue: str, most: int | None, *, by: AbstractBaseUser | None) -> bool:
        """Run at most so many of a queue at once; `None` takes the limit away."""
        return gatekeeping.set_limit(queue, most, by=by)

    def paused_tasks(self) -> dict[str, datetime]:
        """Return the tasks that are paused, and since when."""
        return gatekeeping.paused_tasks()


service = TaskService()
