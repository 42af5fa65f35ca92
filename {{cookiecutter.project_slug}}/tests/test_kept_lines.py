"""Real workers keep what their tasks log beside the runs, on any engine."""

from pathlib import Path

from tasks.enqueue import enqueue_many
from tasks.models import LogLine, RunStatus
from tasks.tests.sample.tasks import say, say_and_hold, say_async, say_atomically
from tests.conformance.harness import Program, Programs, wait_for_status, wait_until


def messages(id_: str) -> list[str]:
    lines = LogLine.objects.filter(run_id=id_).order_by("attempt", "position")
    return list(lines.values_list("message", flat=True))


def test_many_runs_at_once_keep_their_lines_apart(crew: Program) -> None:
    results = enqueue_many(say, [((f"{n} a", f"{n} b"), {}) for n in range(40)])
    results += enqueue_many(say_async, [((f"{n} a", f"{n} b"), {}) for n in range(40)])
    atomic = say_atomically.enqueue("within")

    ids = [result.id for result in results]
    wait_for_status(RunStatus.SUCCESSFUL, *ids, atomic.id)

    for number, id_ in enumerate(ids[:40]):
        assert messages(id_) == [f"{number} a", f"{number} b"]
    for number, id_ in enumerate(ids[40:]):
        assert messages(id_) == [f"{number} a", f"{number} b", "from a thread"]
    assert messages(atomic.id) == ["within"]


def test_a_killed_worker_leaves_what_its_runs_have_logged(programs: Programs, gate: Path) -> None:
    program = programs.worker()
    id_ = say_and_hold.enqueue("before the end", str(gate)).id

    wait_until(lambda: messages(id_), "the line is kept while the body goes on")
    program.kill()

    assert messages(id_) == ["before the end"]
