"""The words by which SQLite knows its partial indexes."""

import re
from functools import lru_cache

_GATED = re.compile(r"(NOT )?\b((?:run\.)?gated)\b")


@lru_cache(256)
def for_sqlite(sql: str) -> str:
    """Return the statement with conditions as Django wrote them into the indexes there.

    SQLite takes a partial index only for a condition of the very same form: to `NOT gated` it
    answers by reading the whole table, because the index says `gated = 0`.
    """
    return _GATED.sub(lambda found: f"{found[2]} = {0 if found[1] else 1}", sql)
