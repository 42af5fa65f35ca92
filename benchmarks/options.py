"""The command line."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.engines.engine import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for."""

    engines: Sequence[Engine]
    rounds: int
    quick: bool
    json: Path | None
    project: Path | None


def parse(engines: Sequence[Engine]) -> Options:
    """What the command line asks for, out of all engines."""
    by_slug = {engine.slug: engine for engine in engines}
    parser = argparse.ArgumentParser(
        prog="make benchmark", description="Measures this project's engine beside others."
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=by_slug,
        metavar="ENGINE",
        help=f"measure this one only; may be repeated. One of: {', '.join(by_slug)}",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="a quarter of the rows, and nothing of an idle worker, memory or many producers",
    )
    parser.add_argument("--rounds", type=int, help="rounds (default: 3, or 1 with --quick)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there, too")
    parser.add_argument(
        "--project",
        type=Path,
        metavar="FOLDER",
        help="measure this project, with its .venv, not fresh bakes (name its engine with --only)",
    )
    given = parser.parse_args()
    return Options(
        engines=[by_slug[slug] for slug in dict.fromkeys(given.only or by_slug)],
        rounds=given.rounds or (1 if given.quick else 3),
        quick=given.quick,
        json=given.json,
        project=given.project and given.project.resolve(),
    )
