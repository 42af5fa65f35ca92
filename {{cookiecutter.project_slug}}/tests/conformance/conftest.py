"""Notes which guarantee each test of this suite shows, and whether it held."""

from pathlib import Path

import pytest

from tests.conformance.report import Report

HERE = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--guarantees", metavar="FILE", type=Path, help="write which guarantees held, as JSON"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "guarantee(sentence): what the test shows to hold")
    # Where this suite is one of many, it was found too late to have an option.
    if file := config.getoption("guarantees", None):
        config.pluginmanager.register(Report(file))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            marker = item.get_closest_marker("guarantee")
            if marker is None:
                raise pytest.UsageError(f"{item.nodeid} says not which guarantee it shows.")
            item.user_properties.append(("guarantee", marker.args[0]))
