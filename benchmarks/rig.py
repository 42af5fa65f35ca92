"""An engine on its test bench: a fresh database, its environment, and what can be done with it."""

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.engines.engine import Engine, Store
from benchmarks.environments import Environment
from benchmarks.inside import stamps
from benchmarks.inside.stamps import Stamp
from benchmarks.processes import LIMIT_SECONDS, Producer, Session, run, worker
from benchmarks.servers import Postgres, empty_redis

ROOT = Path(__file__).resolve().parents[1]
LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """What the engines are given to keep their tasks in."""

    postgres: Postgres
    redis: str


class Rig:
    """One engine with a database that is made anew for every round."""

    def __init__(self, engine: Engine, home: Environment, servers: Servers, folder: Path) -> None:
        self.engine = engine
        self._home = home
        self._postgres = servers.postgres
        self._redis = servers.redis
        self._folder = folder / engine.slug
        self._folder.mkdir()
        self._stamps = self._folder / "stamps"
        self._env = {
            **os.environ,
            "PYTHONPATH": f"{home.folder}:{ROOT}",
            "DJANGO_SETTINGS_MODULE": f"benchmarks.engines.{engine.package}.settings",
            "DATABASE_URL": self._database_url(),
            "REDIS_URL": servers.redis,
            "SECRET_KEY": secrets.token_urlsafe(50),
            stamps.FILE: str(self._stamps),
            **engine.variables,
        }

    def prepare(self) -> None:
        """Make the database that each round starts with."""
        if self.engine.store is Store.POSTGRESQL:
            self._postgres.recreate(self.engine.slug)
        migrate = [str(self._home.python), "-m", "django", "migrate", "--verbosity", "0"]
        run(migrate, cwd=self._home.folder, env=self._env)
        if self.engine.store is Store.POSTGRESQL:
            self._postgres.recreate(f"{self.engine.slug}-empty", self.engine.slug)
        else:
            shutil.copy(self._file, self._file.with_suffix(".empty"))

    def reset(self) -> None:
        """Forget all tasks."""
        self._stamps.write_bytes(b"")
        empty_redis(self._redis)
        if self.engine.store is Store.POSTGRESQL:
            self._postgres.recreate(self.engine.slug, f"{self.engine.slug}-empty")
            return
        for file in self._folder.glob("store.sqlite3*"):
            file.unlink()
        shutil.copy(self._file.with_suffix(".empty"), self._file)

    @contextmanager
    def producer(self) -> Iterator[Producer]:
        """Run a process that enqueues, ready to start."""
        command = [str(self._home.python), "-m", "benchmarks.inside.produce", self.engine.package]
        with Producer(command, cwd=self._home.folder, env=self._env) as producer:
            producer.answer()
            yield producer

    @contextmanager
    def worker(self) -> Iterator[Session]:
        """Run a worker."""
        command = [str(self._home.python), *self.engine.worker]
        log = self._folder / "worker.log"
        with worker(command, cwd=self._home.folder, env=self._env, log=log) as session:
            yield session

    def stamps(self) -> list[Stamp]:
        """When each stamping task was enqueued, and when it began."""
        return list(stamps.read(self._stamps))

    def wait_for_stamps(self, count: int) -> None:
        """Wait until so many have begun. Raises TimeoutError with what the worker had to say."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while len(self.stamps()) < count:
            if time.monotonic() > deadline:
                said = (self._folder / "worker.log").read_text("utf-8", "replace")[-2000:]
                raise TimeoutError(f"{self.engine.name} stands still; its worker said:\n{said}")
            time.sleep(LOOK_SECONDS)

    def statements_a_second(self, seconds: float) -> float:
        """What is asked of PostgreSQL, by whoever is connected; NaN on SQLite."""
        if self.engine.store is Store.SQLITE:
            return float("nan")
        return self._postgres.count_statements(seconds)

    @property
    def _file(self) -> Path:
        return self._folder / "store.sqlite3"

    def _database_url(self) -> str:
        if self.engine.store is Store.POSTGRESQL:
            return f"{self._postgres.url}/{self.engine.slug}"
        return f"sqlite:///{self._file}"
