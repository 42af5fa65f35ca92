"""The database: SQLite beside the project unless DATABASE_URL names another."""

from typing import Any

import dj_database_url

from config.settings.env import BASE_DIR, env, split_url

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def database(url: str) -> dict[str, Any]:
    """The entry of `DATABASES` for `url`; what follows its `?` wins over the options below."""
    scheme = split_url(url).scheme
    options = {"sqlite": sqlite_options, "postgres": pool_options, "postgresql": pool_options}
    if scheme not in options:
        raise ValueError("names neither a SQLite nor a PostgreSQL database")
    parsed: dict[str, Any] = {**dj_database_url.parse(url)}
    if parsed["NAME"] in ("", ":memory:"):
        raise ValueError("names no database that the site and a worker could share")
    if scheme == "sqlite":
        # One file, whatever directory a command is started in.
        parsed["NAME"] = str(BASE_DIR / parsed["NAME"])
    elif not parsed["PASSWORD"]:
        # Apart from the address, so that it can come from a file: DATABASE_PASSWORD_FILE.
        parsed["PASSWORD"] = env.text("DATABASE_PASSWORD")
    parsed["OPTIONS"] = {**options[scheme](), **parsed.get("OPTIONS", {})}
    return parsed


def sqlite_options() -> dict[str, Any]:
    """What lets many threads and processes share one file."""
    return {
        # Readers and the one writer do not wait for each other; a crash of the machine may undo the
        # last transactions but leaves the file whole.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        # A transaction that reads first and writes later cannot wait for the lock ("database is
        # locked" at once); one that begins IMMEDIATE can,
        "transaction_mode": "IMMEDIATE",
        # for so many seconds.
        "timeout": 20,
    }


def pool_options() -> dict[str, Any]:
    """A pool of connections a process. `CONN_MAX_AGE` stays 0: the pool is what keeps them open."""
    return {
        "pool": {
            "min_size": 1,
            "max_size": env.number("DATABASE_POOL_SIZE", default=20, at_least=1),
            # Seconds that a thread waits for a free connection before "couldn't get a connection".
            "timeout": 10,
            # Seconds after which it begins anew to look for a database that is away. It waits ever
            # longer between two tries: with its own five minutes it may find one that is back only
            # minutes later.
            "reconnect_timeout": 10,
        },
        "connect_timeout": 5,
    }


DATABASES = {
    "default": {
        **env.parsed(
            "DATABASE_URL",
            database,
            default="sqlite:///db.sqlite3",
            example="postgres://user:password@localhost:5432/shop",
        ),
        # A connection that was cut is noticed before it is used, not by the query that fails on it.
        "CONN_HEALTH_CHECKS": True,
        # Transactions are opened where they are needed, by the code that needs them.
        "ATOMIC_REQUESTS": False,
    }
}
