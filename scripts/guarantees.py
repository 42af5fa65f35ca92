"""Writes `docs/reference/guarantees.md`: which engine was seen to keep which promise.

    make guarantees                        # run every engine's suite anew, then write the page
    python -m scripts.guarantees --page    # only write the page

What the suite found is kept beside the page, one file for each engine and database.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests import services
from tests.template import OFFERED, ROOT, bake, run

PAGE = ROOT / "docs" / "reference" / "guarantees.md"
REPORTS = PAGE.with_suffix("")
HEAD = """\
# Guarantees

What every engine promises, and on which engine and database it was seen to hold. Each line is
shown by tests with real workers and timers, which are killed, frozen and cut off; they are in every
project, in `tests/conformance/`, and `make conformance` runs them. This page is written by
`make guarantees`.

"""
FOOT = """
✓ held; ✗ did not hold; · has no meaning there, such as a cut connection to a file.
"""
SIGNS = {"passed": "✓", "failed": "✗", "skipped": "·"}
DATABASES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}


@dataclass(frozen=True, slots=True)
class Report:
    """What one run of the suite found."""

    engine: str
    database: str
    outcomes: dict[str, str]

    @property
    def title(self) -> str:
        """The head of its column."""
        return f"{self.engine}, {DATABASES[self.database]}"


def reports() -> list[Report]:
    """Return those that are kept, by engine and database."""
    return [read(path) for path in sorted(REPORTS.glob("*.json"))]


def read(path: Path) -> Report:
    """Return what a file holds."""
    found = json.loads(path.read_text("utf-8"))
    outcomes = {each["guarantee"]: each["outcome"] for each in found["guarantees"]}
    return Report(found["engine"], found["database"], outcomes)


def page(columns: Iterable[Report]) -> str:
    """Return the page: a line for each guarantee, a column for each report."""
    columns = list(columns)
    guarantees = dict.fromkeys(each for report in columns for each in report.outcomes)
    rows = [["guarantee", *(report.title for report in columns)], ["---"] * (len(columns) + 1)]
    for guarantee in sorted(guarantees):
        # What a suite does not have was not seen.
        signs = [SIGNS[report.outcomes.get(guarantee, "skipped")] for report in columns]
        rows.append([guarantee, *signs])
    return HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows) + FOOT


def run_all() -> None:
    """Run the suite of every engine on every database, and keep what it found."""
    with services.postgres(os.environ) as postgres:
        for engine in OFFERED:
            folder = ROOT / "build" / "guarantees" / engine
            # What an earlier run left.
            shutil.rmtree(folder, ignore_errors=True)
            project = bake(folder, task_engine=engine)
            for database, url in (("postgresql", postgres), ("sqlite", "")):
                print(f"{engine} on {database}", flush=True)
                run(
                    *("make", "conformance", f"REPORT={REPORTS / f'{engine}-{database}.json'}"),
                    cwd=project,
                    env={"TEST_DATABASE_URL": url},
                    expect=None,
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", action="store_true", help="only write the page")
    if not parser.parse_args().page:
        run_all()
    PAGE.write_text(page(reports()), "utf-8")


if __name__ == "__main__":
    main()
