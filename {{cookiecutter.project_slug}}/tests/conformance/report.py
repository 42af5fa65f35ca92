"""Which guarantees held, on which engine and database: for programs, and for a page of the docs."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

from tests.conformance.engine import under_test


class Report:
    """Collects what became of the tests, and writes it when all have ended."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._outcomes: defaultdict[str, dict[str, str]] = defaultdict(dict)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        guarantee = dict(report.user_properties).get("guarantee")
        if guarantee is None or (report.when != "call" and report.outcome == "passed"):
            return
        seen = self._outcomes[str(guarantee)]
        # What breaks while a test is cleared away is broken.
        if seen.get(report.nodeid) != "failed":
            seen[report.nodeid] = report.outcome

    def pytest_sessionfinish(self) -> None:
        text = json.dumps(self.as_json(), indent=2, ensure_ascii=False)
        self._file.write_text(f"{text}\n", "utf-8")

    def as_json(self) -> dict[str, object]:
        """Return what held, in an order that does not change from run to run."""
        return {
            "engine": under_test.engine,
            "database": under_test.database,
            "guarantees": [
                {"guarantee": guarantee, "outcome": _together(tests), "tests": len(tests)}
                for guarantee, tests in sorted(self._outcomes.items())
            ],
        }


def _together(tests: dict[str, str]) -> str:
    """A guarantee held when no test of it failed, and at least one was not skipped."""
    outcomes = set(tests.values())
    return next(worst for worst in ("failed", "passed", "skipped") if worst in outcomes)
