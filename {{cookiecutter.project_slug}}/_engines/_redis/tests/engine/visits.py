"""A site whose one page enqueues a task, and what its visitors see."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.http import HttpRequest, JsonResponse
from django.test import Client
from django.urls import include, path

from tasks.tests.sample.tasks import leave_mark

ADDRESS = "enqueue/"


@dataclass(slots=True)
class Visits:
    """What all requests together came to."""

    ids: list[str] = field(default_factory=list)
    """The tasks that they enqueued."""
    statuses: set[int] = field(default_factory=set)
    waits: list[float] = field(default_factory=list)
    """How many seconds each of them took."""


def enqueue(request: HttpRequest) -> JsonResponse:
    """Enqueue a task, as a page of a shop does."""
    return JsonResponse({"id": leave_mark.enqueue(request.GET["label"]).id})


# With all others: what stands before each page leads to some of them.
urlpatterns = [path(ADDRESS, enqueue), path("", include("config.urls"))]


def share_of_long(waits: Sequence[float], seconds: float) -> float:
    """How much of the time went to waits of a second or more.

    A machine that stands still makes some of them long. Those for a Redis that is away, one after
    each second in which nobody tries it, would be half of the time.
    """
    return sum(wait for wait in waits if wait >= 1) / seconds


def visit(*, seconds: float, every: float) -> Visits:
    """Ask for the page again and again. This module is the `ROOT_URLCONF` of the test."""
    client = Client(raise_request_exception=False)
    seen = Visits()
    ends = time.monotonic() + seconds
    while (began := time.monotonic()) < ends:
        answer = client.get(f"/{ADDRESS}", {"label": f"mark {len(seen.ids)}"})
        seen.waits.append(time.monotonic() - began)
        seen.statuses.add(answer.status_code)
        if answer.status_code == 200:
            seen.ids.append(answer.json()["id"])
        time.sleep(every)
    return seen
