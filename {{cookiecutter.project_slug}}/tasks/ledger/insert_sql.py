"""The statements that insert runs: one for a run alone, one for any number."""

from functools import lru_cache

_COLUMNS = (
    "id, name, queue, priority, status, is_async, gated, arguments, unique_key, max_attempts, "
    "headers"
)
_TIES = (
    "workflow_id, group_id, position, after_run_id, after_group_id, takes_result, regardless, leads"
)

# Many, and those of a workflow, travel as one text, like the outcomes in `tasks.ledger.settle`: ten
# times the speed of so many parameters.
_MANY = f"""
INSERT INTO tasks_taskrun ({_COLUMNS}, {_TIES}, run_at, enqueued_at, expires_at)
SELECT {_COLUMNS}, workflow_id, group_id, position, after_run_id, after_group_id,
    COALESCE(takes_result, false), COALESCE(regardless, false), COALESCE(leads, false),
    COALESCE({{run_at}}, {{now}}), {{now}}, {{expires_at}}
FROM {{rows}}
ON CONFLICT DO NOTHING RETURNING id, {{enqueued_at}}
"""  # noqa: S608

_POSTGRESQL = {
    "now": "statement_timestamp()",
    "enqueued_at": "extract(epoch FROM enqueued_at)::float8",
}
# Counted from when it is due.
_EXPIRES_POSTGRESQL = """GREATEST({run_at}, statement_timestamp())
    + make_interval(secs => {expires_after})"""
_MANY_POSTGRESQL = _MANY.format(
    run_at="run_at",
    expires_at=_EXPIRES_POSTGRESQL.format(run_at="run_at", expires_after="expires_after"),
    rows="""json_to_recordset(%(rows)s::json) AS new(id uuid, name text, queue text,
    priority int, status text, is_async boolean, gated boolean, arguments text, unique_key text,
    max_attempts int, headers text, workflow_id uuid, group_id uuid, position int,
    after_run_id uuid, after_group_id uuid, takes_result boolean, regardless boolean,
    leads boolean, run_at timestamptz, expires_after float8)""",
    **_POSTGRESQL,
)

_SQLITE = {
    "now": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')",
    "enqueued_at": "enqueued_at || ''",
}
_EXPIRES_SQLITE = """CASE WHEN {expires_after} IS NOT NULL THEN
    strftime('%%Y-%%m-%%d %%H:%%M:%%f', MAX(COALESCE({run_at}, ''), {now}),
        printf('%%.3f seconds', {expires_after})) END"""
_FIELDS_SQLITE = ", ".join(
    f"value ->> '{name}' AS {name}"
    for name in f"{_COLUMNS}, {_TIES}, run_at, expires_after".split(", ")
)
_MANY_SQLITE = _MANY.format(
    run_at="run_at",
    expires_at=_EXPIRES_SQLITE.format(
        run_at="run_at", expires_after="expires_after", now=_SQLITE["now"]
    ),
    # "WHERE true" tells SQLite's parser that ON begins a conflict clause and not a join.
    rows=f"(SELECT {_FIELDS_SQLITE} FROM json_each(%(rows)s)) WHERE true",  # noqa: S608
    **_SQLITE,
)


@lru_cache(maxsize=256)
def insert_one(
    given: tuple[str, ...], spelled: tuple[tuple[str, int | str], ...], *, is_postgresql: bool
) -> str:
    """Return the statement for one run of which the columns `given` are parameters.

    `expires_after` may be one of them. `spelled` are numbers and words of this system's own, such
    as a status: they stand in the statement as they are, since a parameter costs the driver as much
    as all that is done here for a call. It names no other column: a run that is nothing special
    costs hardly more than its row.
    """
    words = _POSTGRESQL if is_postgresql else _SQLITE
    run_at, expires_after = "%(run_at)s", "%(expires_after)s"
    if is_postgresql:
        run_at, expires_after = f"{run_at}::timestamptz", f"{expires_after}::float8"
    values = {name: f"%({name})s" for name in given if name != "expires_after"}
    values |= {name: _spell(value) for name, value in spelled}
    values |= {"run_at": run_at if "run_at" in given else words["now"], "enqueued_at": words["now"]}
    if "expires_after" in given:
        expires = _EXPIRES_POSTGRESQL if is_postgresql else _EXPIRES_SQLITE
        values["expires_at"] = expires.format(
            run_at=run_at if "run_at" in given else "NULL", expires_after=expires_after, **words
        )
    # Without a key there is nothing that it could collide with.
    conflict = "ON CONFLICT DO NOTHING" if "unique_key" in given else ""
    return (
        f"INSERT INTO tasks_taskrun ({', '.join(values)}) VALUES ({', '.join(values.values())}) "  # noqa: S608
        f"{conflict} RETURNING {words['enqueued_at']}"
    )


def insert_many(*, is_postgresql: bool) -> str:
    """Return the statement for runs that are elements of one JSON array, the parameter `rows`."""
    return _MANY_POSTGRESQL if is_postgresql else _MANY_SQLITE


def _spell(value: int | str) -> str:
    if isinstance(value, int):
        return str(value)
    if not value.isidentifier():
        raise ValueError(f"{value!r} is no word to be spelled in a statement.")
    return f"'{value}'"
