"""Runs a page at a time, however old and rare those are that match."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from rest_framework.pagination import Cursor

from api.pages import Pages
from tasks.control.matching import Matching
from tasks.models import TaskRun
from tasks.service import service

if TYPE_CHECKING:
    from rest_framework.request import Request


class RunPages(Pages):
    """Newest first. A page that is not full may be followed by another."""

    def read(self, request: Request, matching: Matching) -> list[TaskRun]:
        """Return the rows of the page. Raises `ValidationError` for a cursor that is none."""
        self.base_url = request.build_absolute_uri()
        self._key = TaskRun._meta.pk
        size = self.get_page_size(request) or self.page_size
        cursor = self.decode_cursor(request) or Cursor(0, False, None)
        start = None if cursor.position is None else uuid.UUID(str(cursor.position))
        page = service.page(matching, size, start=start, is_back=cursor.reverse)
        # Where the page begins and ends, by the runs that it shows, or else by what was looked at.
        newest = page.rows[0].pk if page.rows else None
        oldest = page.rows[-1].pk if page.rows else None
        if cursor.reverse:
            self._previous = page.end
            self._next = oldest or _beside(start, +1)
        else:
            self._previous = None if start is None else newest or _beside(start, -1)
            self._next = page.end
        return page.rows

    def get_next_link(self) -> str | None:
        """Return the address of the page of older runs."""
        return self._link(self._next, is_back=False)

    def get_previous_link(self) -> str | None:
        """Return the address of the page of newer runs."""
        return self._link(self._previous, is_back=True)

    def _link(self, start: uuid.UUID | None, *, is_back: bool) -> str | None:
        if start is None:
            return None
        position: Any = str(start)
        link: str = self.encode_cursor(Cursor(0, is_back, position))
        return link


def _beside(id_: uuid.UUID | None, step: int) -> uuid.UUID | None:
    """Return the id next to it, so that the way back begins with the id itself."""
    if id_ is None or not 0 <= id_.int + step < 1 << 128:
        return None
    return uuid.UUID(int=id_.int + step)
