"""`python -m tests.postgres` prints the address of a PostgreSQL to test on, if there is one."""

import os
import sys
import zlib
from pathlib import Path

import psycopg

LOCAL = "postgres://postgres@127.0.0.1:5432/"


def address() -> str | None:
    """`TEST_DATABASE_URL`, or else the server on this machine that asks for no password."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        return url
    try:
        psycopg.connect(LOCAL + "postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return None
    # Two checkouts that test at the same time need a database each.
    return f"{LOCAL}shop_{zlib.crc32(str(Path.cwd()).encode()):08x}"


if __name__ == "__main__":
    found = address()
    if found is None:
        sys.exit("No PostgreSQL on this machine: the tests ran on SQLite only.")
    sys.stdout.write(found)
