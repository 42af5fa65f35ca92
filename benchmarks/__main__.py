"""Measure this project's engine beside others, in one run: `make benchmark`."""

import argparse
import json
import signal
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from benchmarks.engines.engine import Engine
from benchmarks.environments import environment
from benchmarks.measures import Figures, measure, median
from benchmarks.rig import Rig, Servers
from benchmarks.servers import postgres
from tests.services import private_redis

PACKAGES = ("ours",)
ENGINES: tuple[Engine, ...] = tuple(
    engine
    for package in PACKAGES
    for engine in import_module(f"benchmarks.engines.{package}.engine").ENGINES
)


def main() -> None:
    """Measure, and print the tables."""
    # So that what was started is also stopped when this is told to stop.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(1))
    options = _options()
    figures = run(options)
    report(figures)
    if options.json:
        options.json.write_text(json.dumps({k: asdict(v) for k, v in figures.items()}, indent=2))


def run(options: argparse.Namespace) -> dict[str, Figures]:
    """Measure each chosen engine once in every round; return the medians."""
    chosen = [engine for engine in ENGINES if not options.only or engine.slug in options.only]
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-"))
        servers = Servers(
            postgres=stack.enter_context(postgres()), redis=stack.enter_context(private_redis())
        )
        homes = {e.package: environment(e.package, project=options.project) for e in chosen}
        rigs = [Rig(e, homes[e.package], servers, Path(folder)) for e in chosen]
        for rig in rigs:
            rig.prepare()
        rounds: dict[str, list[Figures]] = {engine.name: [] for engine in chosen}
        for turn in range(options.rounds):
            for rig in rigs:
                print(f"round {turn + 1}: {rig.engine.name}", file=sys.stderr)
                taken = measure(rig, quick=options.quick, all_of_it=turn == 0 and not options.quick)
                rounds[rig.engine.name].append(taken)
                print("   ", taken, file=sys.stderr)
        return {name: median(taken) for name, taken in rounds.items()}


def report(figures):
    for n, f in figures.items():
        print(n, {k: round(v, 1) for k, v in asdict(f).items()})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make benchmark", description=__doc__)
    parser.add_argument("--only", action="append", choices=[engine.slug for engine in ENGINES])
    parser.add_argument("--quick", action="store_true", help="a quarter of the rows, no idle")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--project", type=Path, help="a laid-out project instead of a fresh bake")
    return parser.parse_args()


if __name__ == "__main__":
    main()
