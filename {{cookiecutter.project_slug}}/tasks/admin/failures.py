"""The page of failures: each kind once, with how often, since when, and a way to retry them all."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from tasks import reasons
from tasks.admin.everything import EverythingAdmin
from tasks.admin.payloads import printable
from tasks.admin.words import cut, moment, short
from tasks.masks import MASK
from tasks.permissions import VIEW_ARGUMENTS
from tasks.service import service
from tasks.statistics.failing import Failing

MESSAGE_CHARACTERS = 160
BAR_WIDTH, BAR_HEIGHT = 4, 24


@dataclass(frozen=True, slots=True)
class Bar:
    """How many failed within an hour, as a bar of the trend."""

    x: int
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Line:
    """A kind as a line of the page."""

    failing: Failing
    task: str
    error: str
    message: str
    first: str
    last: str
    bars: list[Bar]
    today: int

    @classmethod
    def of(cls, kind: Failing) -> Line:
        """Make it fit to be shown."""
        return cls(
            failing=kind,
            task=printable(short(kind.task)),
            error=printable(short(kind.error)),
            message=cut(
                printable(reasons.told_of_attempt(kind.error, kind.message)), MESSAGE_CHARACTERS
            ),
            first=moment(kind.first_at),
            last=moment(kind.last_at),
            bars=_bars(kind.trend),
            today=sum(kind.trend),
        )


class FailuresAdmin(EverythingAdmin):
    """Adds the page to those of runs."""

    def get_urls(self) -> list[URLPattern]:
        """Add it to the admin's own."""
        view = self.admin_site.admin_view(self.failures_view)
        return [path("failures/", view, name="tasks_taskrun_failures"), *super().get_urls()]

    def failures_view(self, request: HttpRequest) -> HttpResponse:
        """Show the kinds that failed last."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        kinds = service.failing()
        if not request.user.has_perm(VIEW_ARGUMENTS):
            kinds = [replace(kind, message=MASK) for kind in kinds]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Failures"),
            "lines": [Line.of(kind) for kind in kinds],
        }
        return TemplateResponse(request, "tasks/admin/failures.html", context)


def _bars(trend: tuple[int, ...]) -> list[Bar]:
    most = max(trend, default=0) or 1
    heights = [-(-BAR_HEIGHT * count // most) for count in trend]
    return [
        Bar(x=number * (BAR_WIDTH + 1), y=BAR_HEIGHT - height, height=height)
        for number, height in enumerate(heights)
    ]
