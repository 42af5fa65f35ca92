"""The page of guarantees says what was found, of all that the suite asks today."""

import ast

import pytest

from scripts.guarantees import PAGE, REPORTS, Report, page, read, reports
from tests.template import OFFERED, RAW

KEPT = reports()


def asked() -> set[str]:
    """Every guarantee that a test of the conformance suite names."""
    return {
        str(ast.literal_eval(node.args[0]))
        for module in (RAW / "tests" / "conformance").glob("test_*.py")
        for node in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "guarantee"
    }


def test_the_page_is_what_the_reports_say() -> None:
    assert PAGE.read_text("utf-8") == page(KEPT), "python -m scripts.guarantees --page"


@pytest.mark.parametrize("report", KEPT, ids=lambda report: report.title)
def test_a_report_answers_all_that_is_asked_today(report: Report) -> None:
    assert set(report.outcomes) == asked(), "make guarantees"
    assert report.engine in OFFERED


def test_a_report_is_kept_under_the_name_of_what_it_is_about() -> None:
    for path in REPORTS.iterdir():
        report = read(path)
        assert path.name == f"{report.engine}-{report.database}.json"


def test_what_did_not_hold_is_shown() -> None:
    seen = [
        Report("one", "sqlite", {"It holds": "passed", "It is fast": "failed"}),
        Report("other", "postgresql", {"It holds": "skipped"}),
    ]

    written = page(seen)

    assert "| guarantee | one, SQLite | other, PostgreSQL |\n" in written
    assert "| It holds | ✓ | · |\n" in written
    assert "| It is fast | ✗ | · |\n" in written
