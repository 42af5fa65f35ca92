"""Any order of moves, by anybody, leaves the ledger where a model of a few lines says it is."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models.functions import Now
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tasks import ledger
from tasks.conf import options
from tasks.errors import UniqueRunExists
from tasks.ledger import Claimed, NewRun, Outcome
from tasks.models import FINAL, LIVE, UNSTARTED, GateKind, RunStatus, TaskRun, Worker
from tasks.tests.factories import ADD, make_worker

QUEUES = ("default", "brief")
KEYS = (None, None, None, "one", "two")


@dataclass(slots=True)
class Row:
    """What the model knows of a run."""

    queue: str
    key: str | None
    max_attempts: int
    status: RunStatus = RunStatus.READY
    attempt: int = 0
    spent: int = 0
    crashes: int = 0
    worker: uuid.UUID | None = None
    is_told: bool = False


@dataclass(slots=True)
class Claim:
    """A claim that some worker believes to hold."""

    run: uuid.UUID
    attempt: int
    worker: uuid.UUID


@dataclass(slots=True)
class Model:
    """The ledger in memory."""

    rows: dict[uuid.UUID, Row] = field(default_factory=dict)
    workers: dict[uuid.UUID, bool] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    owners: dict[tuple[uuid.UUID, int], uuid.UUID] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)

    def with_status(self, *statuses: RunStatus) -> list[uuid.UUID]:
        """The runs that are so."""
        return [id_ for id_, row in self.rows.items() if row.status in statuses]

    def claimable(self) -> list[uuid.UUID]:
        """The runs that anybody may take, most urgent first."""
        return [
            id_
            for id_ in self.with_status(RunStatus.READY)
            if self.rows[id_].queue not in self.paused
        ]

    def is_good(self, claim: Claim) -> bool:
        """Whether a claim still counts."""
        row = self.rows[claim.run]
        return row.status == RunStatus.RUNNING and row.attempt == claim.attempt

    def end(self, row: Row, status: RunStatus) -> None:
        """A claim led to this."""
        asks_again = status in (RunStatus.READY, RunStatus.SCHEDULED)
        row.status = RunStatus.CANCELLED if asks_again and row.is_told else status
        row.worker = None


class Ledger(RuleBasedStateMachine):
    """The moves. Each is made in the ledger and in the model."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self._undo = transaction.atomic()
        self._undo.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._undo.__exit__(None, None, None)

    @initialize(count=st.integers(1, 3))
    def start(self, count: int) -> None:
        for _ in range(count):
            self.hire()
            self.enqueue(queue=QUEUES[0], key=None, max_attempts=3)

    @rule()
    def hire(self) -> None:
        self.model.workers[make_worker()] = True

    @rule(
        queue=st.sampled_from(QUEUES),
        key=st.sampled_from(KEYS),
        max_attempts=st.integers(1, 3),
    )
    def enqueue(self, queue: str, key: str | None, max_attempts: int) -> None:
        new = NewRun(
            name=ADD,
            queue=queue,
            # No two are alike, so that it is certain which is taken first.
            priority=-len(self.model.rows),
            status=RunStatus.READY,
            is_async=False,
            arguments='{"args":[1,2],"kwargs":{}}',
            unique_key=key,
            max_attempts=max_attempts,
            run_at=None,
        )
        (holder,) = ledger.insert([new])
        live = [
            id_
            for id_ in self.model.with_status(*LIVE)
            if key is not None and self.model.rows[id_].key == key
        ]
        assert ([holder.id] if holder else []) == live
        if holder is None:
            self.model.rows[new.id] = Row(queue, key, max_attempts)

    @precondition(lambda self: any(self.model.workers.values()))
    @rule(data=st.data())
    def claim_all(self, data: st.DataObject) -> None:
        """A worker that lives takes what there is."""
        living = [worker for worker, is_alive in self.model.workers.items() if is_alive]
        worker = data.draw(st.sampled_from(living))
        for claimed in ledger.claim(worker, QUEUES, 100, suspects=None):
            self._took(claimed, worker)

    @rule(data=st.data(), limit=st.integers(1, 4))
    def claim(self, data: st.DataObject, limit: int) -> None:
        worker = data.draw(st.sampled_from(list(self.model.workers)))
        is_alive = self.model.workers[worker]
        expected = self.model.claimable()[:limit] if is_alive else []

        taken = ledger.claim(worker, QUEUES, limit, suspects=None)

        assert [one.id for one in taken] == expected
        for claimed in taken:
            self._took(claimed, worker)

    def _took(self, claimed: Claimed, worker: uuid.UUID) -> None:
        row = self.model.rows[claimed.id]
        row.status, row.worker = RunStatus.RUNNING, worker
        row.attempt += 1
        row.spent += 1
        assert (claimed.attempt, claimed.spent) == (row.attempt, row.spent)
        # One owner for each attempt, for ever.
        assert (claimed.id, claimed.attempt) not in self.model.owners
        self.model.owners[claimed.id, claimed.attempt] = worker
        self.model.claims.append(Claim(claimed.id, claimed.attempt, worker))

    @precondition(lambda self: self.model.claims)
    @rule(data=st.data(), ending=st.sampled_from(["succeed", "fail", "give up", "hand back"]))
    def end_claim(self, data: st.DataObject, ending: str) -> None:
        """Settle any claim that was ever made, also one that is over."""
        self._end(data.draw(st.sampled_from(self.model.claims)), ending)

    def _end(self, claim: Claim, ending: str) -> None:
        row = self.model.rows[claim.run]
        status, more = self._ending(row, ending)
        outcome = Outcome(id=claim.run, attempt=claim.attempt, status=status, **more)
        is_good = self.model.is_good(claim)

        refused = ledger.settle([outcome])

        assert refused == (set() if is_good else {claim.run})
        if is_good:
            row.spent -= outcome.refund
            self.model.end(row, status)

    @precondition(lambda self: self.model.with_status(RunStatus.RUNNING))
    @rule(ending=st.sampled_from(["succeed", "fail", "fail", "give up", "hand back"]))
    def end_all(self, ending: str) -> None:
        """All that runs ends in one way, and comes again at once if it may."""
        for claim in list(filter(self.model.is_good, self.model.claims)):
            self._end(claim, ending)
        if self.model.with_status(RunStatus.SCHEDULED):
            self.time_passes()

    @precondition(lambda self: self._late_claims())
    @rule(data=st.data())
    def come_late(self, data: st.DataObject) -> None:
        """Settle a claim whose run somebody else holds by now."""
        claim = data.draw(st.sampled_from(self._late_claims()))
        outcome = Outcome(id=claim.run, attempt=claim.attempt, status=RunStatus.SUCCESSFUL)
        assert ledger.settle([outcome]) == {claim.run}

    def _late_claims(self) -> list[Claim]:
        held = self.model.with_status(RunStatus.RUNNING)
        return [
            claim
            for claim in self.model.claims
            if claim.run in held and not self.model.is_good(claim)
        ]

    def _ending(self, row: Row, ending: str) -> tuple[RunStatus, dict[str, Any]]:
        if ending == "succeed":
            return RunStatus.SUCCESSFUL, {"return_value": "3"}
        if ending == "hand back":
            return RunStatus.READY, {"delay": 0.0, "refund": 1}
        if ending == "give up" or row.spent >= row.max_attempts:
            return RunStatus.FAILED, {"errors": "[]"}
        return RunStatus.SCHEDULED, {"delay": 60.0}

    @precondition(lambda self: self.model.with_status(RunStatus.SCHEDULED))
    @rule()
    def time_passes(self) -> None:
        scheduled = self.model.with_status(RunStatus.SCHEDULED)
        TaskRun.objects.filter(pk__in=scheduled).update(run_at=Now() - timedelta(seconds=1))
        assert set(ledger.promote()) == set(scheduled)
        for id_ in scheduled:
            self.model.rows[id_].status = RunStatus.READY

    @rule(data=st.data())
    def beat(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(list(self.model.workers)))
        pulse = ledger.pulse(worker)
        assert pulse.alive == self.model.workers[worker]
        ready = {self.model.rows[id_].queue for id_ in self.model.with_status(RunStatus.READY)}
        assert pulse.ready == ready

    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        """A worker dies, and its runs are taken back."""
        worker = data.draw(st.sampled_from(list(self.model.workers)))
        Worker.objects.filter(pk=worker).update(lease_until=Now() - timedelta(seconds=1))
        ledger.mark_lost_workers()
        ledger.take_back_lost_runs()
        self.model.workers[worker] = False
        for row in self.model.rows.values():
            if row.status == RunStatus.RUNNING and row.worker == worker:
                self._crash(row)

    def _crash(self, row: Row) -> None:
        row.crashes += 1
        if row.is_told:
            self.model.end(row, RunStatus.CANCELLED)
        elif row.crashes >= options().max_crashes or row.spent >= row.max_attempts:
            self.model.end(row, RunStatus.FAILED)
        else:
            later = RunStatus.READY if row.crashes == 1 else RunStatus.SCHEDULED
            self.model.end(row, later)

    @precondition(lambda self: self.model.rows)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        id_ = data.draw(st.sampled_from(list(self.model.rows)))
        row = self.model.rows[id_]
        applied = ledger.cancel([id_])
        if row.status in UNSTARTED:
            assert applied == 1
            row.status, row.is_told = RunStatus.CANCELLED, True
        else:
            assert applied == int(row.status == RunStatus.RUNNING and not row.is_told)
            row.is_told |= row.status == RunStatus.RUNNING

    @precondition(lambda self: self.model.rows)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        id_ = data.draw(st.sampled_from(list(self.model.rows)))
        row = self.model.rows[id_]
        may = row.status in (RunStatus.FAILED, RunStatus.CANCELLED)
        key_is_held = may and row.key is not None and row.key in self._live_keys()
        try:
            applied = ledger.retry([id_])
        except UniqueRunExists:
            assert key_is_held
            return
        assert applied == int(may)
        assert not key_is_held
        if may:
            row.status, row.spent, row.crashes = RunStatus.READY, 0, 0
            row.is_told, row.worker = False, None

    @precondition(lambda self: self.model.rows)
    @rule(data=st.data())
    def run_now(self, data: st.DataObject) -> None:
        id_ = data.draw(st.sampled_from(list(self.model.rows)))
        row = self.model.rows[id_]
        is_scheduled = row.status == RunStatus.SCHEDULED
        assert ledger.promote_now([id_]) == int(is_scheduled)
        if is_scheduled:
            row.status = RunStatus.READY

    @rule(queue=st.sampled_from(QUEUES))
    def pause(self, queue: str) -> None:
        assert ledger.pause(GateKind.QUEUE, queue) == (queue not in self.model.paused)
        self.model.paused.add(queue)

    @rule(queue=st.sampled_from(QUEUES))
    def resume(self, queue: str) -> None:
        assert ledger.resume(GateKind.QUEUE, queue) == (queue in self.model.paused)
        self.model.paused.discard(queue)

    @invariant()
    def the_table_says_what_the_model_says(self) -> None:
        fields = ("status", "attempt", "spent", "crashes", "cancel_requested")
        table = {row[0]: row[1:] for row in TaskRun.objects.values_list("id", *fields)}
        assert table == {
            id_: (row.status, row.attempt, row.spent, row.crashes, row.is_told)
            for id_, row in self.model.rows.items()
        }

    @invariant()
    def a_key_has_one_live_run(self) -> None:
        assert all(count == 1 for count in Counter(self._live_keys()).values())

    @invariant()
    def what_has_ended_is_held_by_nobody(self) -> None:
        ended = TaskRun.objects.filter(status__in=FINAL)
        assert not ended.filter(finished_at=None).exists()
        assert not TaskRun.objects.filter(status=RunStatus.RUNNING, worker_id=None).exists()

    def _live_keys(self) -> Iterator[str]:
        for id_ in self.model.with_status(*LIVE):
            key = self.model.rows[id_].key
            if key is not None:
                yield key


@pytest.mark.alike
@pytest.mark.django_db
def test_no_order_of_moves_leads_astray() -> None:
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=100,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
