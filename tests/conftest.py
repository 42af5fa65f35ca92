"""What the tests share: a baked project, a database, and what went untested."""

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from xdist.scheduler import LoadScopeScheduling

from tests import services
from tests.template import OFFERED, ROOT, bake_and_install

UNTESTED = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[UNTESTED] = []


def is_suite(nodeid: str) -> bool:
    """Whether the test runs all the tests of a project."""
    return "::test_its_own_tests_pass_on_" in nodeid


def group(nodeid: str) -> str:
    """What stays together: the tests of an engine share a bake, those of a file its fixtures."""
    name, _, parameters = nodeid.partition("[")
    return next(
        (engine for engine in OFFERED if parameters.startswith(engine)), name.partition("::")[0]
    )


class ByGroup(LoadScopeScheduling):
    """Where several processes share the tests, gives each a group at a time."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByGroup:
    return ByGroup(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest: whole suites, then what wants a bake with all in it."""
    items.sort(key=lambda item: (not is_suite(item.nodeid), group(item.nodeid) not in OFFERED))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where several processes share the tests, each tells the one that speaks."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["untested"] = session.config.stash[UNTESTED]
        session.config.stash[UNTESTED] = []


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[UNTESTED].extend(node.workeroutput.get("untested", []))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say last what the machine had no means to test: a green run must not read as a whole one."""
    reasons: list[str] = config.stash[UNTESTED]
    for reason in dict.fromkeys(reasons):
        print(f"NOT TESTED: {reason}")


@pytest.fixture(scope="session", params=OFFERED)
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine that the template offers."""
    return str(request.param)


@pytest.fixture(scope="session")
def project(engine: str) -> Path:
    """A project baked with the default answers, its dependencies installed from its lock."""
    return bake_and_install(ROOT / "build" / "test" / engine, task_engine=engine)


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a PostgreSQL; where there is none, the tests that ask for it are skipped."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(services.postgres(os.environ))
        except services.Unavailable as reason:
            if os.environ.get("TEST_DATABASE_URL"):
                raise
            request.config.stash[UNTESTED].append(f"the project on PostgreSQL ({reason})")
            pytest.skip(str(reason))
        yield url


@pytest.fixture
def database_url(postgres: str) -> Iterator[str]:
    """The URL of a database of our own, dropped afterwards with the one that Django makes of it."""
    name = f"template_{secrets.token_hex(4)}"
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        # Nobody pulls this server's plug: a commit need not wait for the disk.
        options = "?options=-c%20synchronous_commit%3Doff"
        yield postgres.rpartition("/")[0] + f"/{name}{options}"
        for made in (name, f"test_{name}"):
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            server.execute(drop.format(sql.Identifier(made)))
