"""The numbers beside the entries of the sidebar: what failed, and which workers are not well."""

from __future__ import annotations

from typing import cast

from django.core.cache.backends.locmem import LocMemCache
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import ngettext

from tasks.admin.words import number
from tasks.control.trouble import MOST, Trouble
from tasks.service import service

SECONDS = 10
"""Every page has the sidebar: a process counts no more often than that."""

# Of this process, whatever the project's cache is: no page may fail, or ask a server, for a badge.
remembered = LocMemCache("tasks-badges", {"TIMEOUT": SECONDS})


def failures(request: HttpRequest) -> str:
    """How many runs are failed; nothing where none is."""
    count = _trouble().failed
    said = ngettext("%(count)s failed run", "%(count)s failed runs", count)
    return _badge(count, said)


def workers(request: HttpRequest) -> str:
    """How many workers are late or lost; nothing where all are well."""
    count = _trouble().unwell
    said = ngettext("%(count)s worker is not well", "%(count)s workers are not well", count)
    return _badge(count, said)


def _trouble() -> Trouble:
    return cast("Trouble", remembered.get_or_set("trouble", service.trouble))


def _badge(count: int, said: str) -> str:
    """Return the number for who sees, and a sentence for who listens."""
    if not count:
        return ""
    shown = number(min(count, MOST)) + "+" * (count > MOST)
    return format_html(
        '<span aria-hidden="true">{}</span><span class="sr-only">{}</span>',
        shown,
        said % {"count": shown},
    )
