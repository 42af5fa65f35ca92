"""Measure this project's engine beside others, in one run: `make benchmark`."""

import json
import os
import signal
import sys
import tempfile
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path

from benchmarks.engines.engine import Engine
from benchmarks.environments import Environment, environment
from benchmarks.measures import Figures, measure
from benchmarks.options import Options, parse
from benchmarks.report import report
from benchmarks.results import Results
from benchmarks.rig import Rig, Servers
from benchmarks.servers import postgres
from tests.services import private_redis

PACKAGES = (
    "ours",
    "procrastinate",
    "django_tasks_db",
    "django_ox",
    "celery",
    "dramatiq",
    "rearq",
    "huey",
)


def main() -> None:
    """Measure, and print the tables."""
    # So that what was started is also stopped when this is told to stop.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to stop"))
    options = parse([engine for package in PACKAGES for engine in _engines(package)])
    results = run(options)
    print(report(results))
    if options.json:
        options.json.write_text(json.dumps(results.as_json(), indent=2) + "\n", "utf-8")


def run(options: Options) -> Results:
    """Measure each engine once in every round, one after the other."""
    results = Results()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-")))
        servers = Servers(
            postgres=stack.enter_context(postgres()), redis=stack.enter_context(private_redis())
        )
        rigs = _rigs(options, servers, folder)
        for turn in range(options.rounds):
            for rig in rigs:
                _say(f"Round {turn + 1} of {options.rounds}: {rig.engine.name}")
                in_full = turn == 0 and not options.quick
                results.add(rig.engine.name, _measured(rig, quick=options.quick, in_full=in_full))
    return results


def _measured(rig: Rig, *, quick: bool, in_full: bool) -> Figures:
    """What a round brings: nothing when the engine fails, so that the others are still measured."""
    try:
        return measure(rig, quick=quick, in_full=in_full)
    except (RuntimeError, TimeoutError) as error:
        _say(f"Not measured: {error}")
        return Figures()


def _rigs(options: Options, servers: Servers, folder: Path) -> list[Rig]:
    homes: dict[tuple[str, str], Environment] = {}
    rigs = []
    for engine in options.engines:
        place = (engine.package, engine.baked)
        if place not in homes:
            _say(f"Environment of {' '.join(place)}")
            homes[place] = environment(engine, project=options.project)
        rigs.append(Rig(engine, homes[place], servers, folder))
    for rig in rigs:
        rig.prepare()
    return rigs


def _engines(package: str) -> tuple[Engine, ...]:
    engines: tuple[Engine, ...] = import_module(f"benchmarks.engines.{package}.engine").ENGINES
    return engines


def _say(line: str) -> None:
    print(f"{line} (load {os.getloadavg()[0]:.1f})", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
