"""Compare 10,000 members of a group with 10,000 runs of their own, on one worker.

    python -m benchmarks.inside.members [COUNT]

Answers, for each of five turns, the runs a second of both, and the median of their ratios: 1.0
means that being a member costs nothing. The time is the database's, from the first start to the
last end; for the group that is the end of its callback. Run it in a project whose settings are
`benchmarks.engines.ours.settings`.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import django

TURNS = 5


def main(count: int) -> None:
    """Measure in turns."""
    django.setup()
    from tasks.workflows import group

    from benchmarks.engines.ours.tasks import enqueue_many, noop

    def members() -> None:
        group([noop.si()] * count, then=noop.si()).enqueue()

    ratios = []
    for _ in range(TURNS):
        alone = _rate(lambda: enqueue_many(count), count)
        together = _rate(members, count + 1)
        ratios.append(together / alone)
        print(f"alone {alone:,.0f}/s, members {together:,.0f}/s: {ratios[-1]:.2f}", flush=True)
    print(f"median {statistics.median(ratios):.2f}")


def _rate(enqueue: Callable[[], None], count: int) -> float:
    from django.db.models import Max, Min
    from tasks.models import RunGroup, RunStatus, TaskRun

    TaskRun.objects.all().delete()
    RunGroup.objects.all().delete()
    began = time.perf_counter()
    enqueue()
    print(f"enqueued {count / (time.perf_counter() - began):,.0f}/s", end="; ", flush=True)
    subprocess.run([sys.executable, "-m", "django", "worker", "--drain"], check=True)
    done = TaskRun.objects.filter(status=RunStatus.SUCCESSFUL)
    if done.count() != count:
        raise RuntimeError(f"{done.count()} of {count} runs succeeded.")
    span = done.aggregate(began=Min("started_at"), ended=Max("finished_at"))
    return float(count / (span["ended"] - span["began"]).total_seconds())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
