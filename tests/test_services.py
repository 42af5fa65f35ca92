"""The servers that tests use: named ones are believed, local ones found, private ones started."""

import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import psycopg
import pytest

from tests import services
from tests.template import ROOT, run


class Finder(Protocol):
    def __call__(self, environ: dict[str, str]) -> AbstractContextManager[str]: ...


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that is taken, so that nothing else can listen there, and never answers."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]


@pytest.fixture
def _nothing_on_localhost(monkeypatch: pytest.MonkeyPatch, silent_port: int) -> None:
    monkeypatch.setattr(
        services, "LOCAL_POSTGRES", f"postgres://postgres@127.0.0.1:{silent_port}/postgres"
    )
    monkeypatch.setattr(services, "LOCAL_REDIS", f"redis://127.0.0.1:{silent_port}/0")


@pytest.fixture
def _nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(Path, "glob", lambda *_: iter(()))


@pytest.mark.parametrize(
    ("find", "variable", "scheme"),
    [
        (services.postgres, "TEST_DATABASE_URL", "postgres"),
        (services.redis, "TEST_REDIS_URL", "redis"),
    ],
)
def test_a_named_server_that_is_silent_is_an_error_not_a_detour(
    find: Finder, variable: str, scheme: str, silent_port: int
) -> None:
    with (
        pytest.raises(services.Unavailable, match=variable),
        find({variable: f"{scheme}://user@127.0.0.1:{silent_port}/0"}),
    ):
        pass


@pytest.mark.usefixtures("_nothing_on_localhost", "_nothing_installed")
@pytest.mark.parametrize(
    ("find", "missing"), [(services.postgres, "initdb"), (services.redis, "redis-server")]
)
def test_what_is_missing_is_named(find: Finder, missing: str) -> None:
    with pytest.raises(services.Unavailable, match=missing), find({}):
        pass


@pytest.mark.usefixtures("_nothing_on_localhost")
def test_a_private_postgres_is_started_and_stopped() -> None:
    try:
        services.postgres_binary("initdb")
    except services.Unavailable as reason:
        pytest.skip(str(reason))
    with services.postgres({}) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not services.postgres_answers(url)


@pytest.mark.usefixtures("_nothing_on_localhost")
@pytest.mark.skipif(not shutil.which("redis-server"), reason="no redis-server")
def test_a_private_redis_is_started_and_stopped() -> None:
    with services.redis({}) as url:
        assert services.redis_answers(url)
    assert not services.redis_answers(url)


def test_what_could_not_be_tested_is_said_last(tmp_path: Path) -> None:
    (tmp_path / "nothing_here.py").write_text(
        "from tests import services\n"
        "def none(environ):\n"
        "    raise services.Unavailable('none here')\n"
        "services.postgres = none\n",
        "utf-8",
    )
    test = tmp_path / "test_needs_postgres.py"
    test.write_text("def test_it(postgres): raise AssertionError\n", "utf-8")

    said = run(
        *(sys.executable, "-m", "pytest", "-p", "nothing_here", "-p", "tests.conftest"),
        *("-c", ROOT / "pyproject.toml", test),
        cwd=tmp_path,
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}", "TEST_DATABASE_URL": ""},
    )

    assert "1 skipped" in said
    assert said.splitlines()[-1] == "NOT TESTED: the project on PostgreSQL (none here)"
