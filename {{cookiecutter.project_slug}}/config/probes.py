"""Whether a web process is alive, and whether it is ready for visitors.

`/livez` touches nothing: who does not answer it has hung, and is restarted. `/readyz` asks for what
a page needs: who answers it with 503 gets no visitors until that is there again.
"""

import logging
from collections.abc import Callable, Iterator

from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from tasks.migrated import missing

logger = logging.getLogger(__name__)

type View = Callable[[HttpRequest], HttpResponseBase]


def probes(get_response: View) -> View:
    """Answer the two addresses, whatever host they are asked of, and pass on the rest."""
    answers = {"/livez": live, "/readyz": ready}

    def answer(request: HttpRequest) -> HttpResponseBase:
        found = answers.get(request.path_info)
        return get_response(request) if found is None else found()

    return answer


def live() -> HttpResponse:
    """Say that the process answers."""
    return _plain("ok", status=200)


def ready() -> HttpResponse:
    """Say that database, migrations and cache are there, or which of them is not."""
    problems = [*_of_the_database(), *_of_the_cache()]
    return _plain("\n".join(problems) or "ok", status=503 if problems else 200)


def _of_the_database() -> Iterator[str]:
    # A connection of its own: a pool would go on trying for seconds where this fails at once.
    connection: BaseDatabaseWrapper = connections[DEFAULT_DB_ALIAS].copy()
    connection.settings_dict["OPTIONS"].pop("pool", None)
    try:
        if missing(connection):
            yield "Migrations are not applied: run `manage.py migrate`."
    except (DatabaseError, InterfaceError):
        logger.exception("The database does not answer")
        yield "The database does not answer."
    finally:
        connection.close()


def _of_the_cache() -> Iterator[str]:
    try:
        cache.set("readyz", "ok", timeout=10)
        found = cache.get("readyz")
    except Exception:  # What a cache raises is its own affair; here it only has to answer.
        logger.exception("The cache does not answer")
        found = None
    if found != "ok":
        yield "The cache does not answer."


def _plain(text: str, *, status: int) -> HttpResponse:
    return HttpResponse(
        f"{text}\n",
        status=status,
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )
