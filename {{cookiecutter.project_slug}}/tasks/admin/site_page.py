"""Pages of the admin that are about no model: what each of them does alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView
from unfold.views import UnfoldSiteViewMixin

from tasks.admin.live import Live

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


@method_decorator(never_cache, name="dispatch")
class SitePage(UnfoldSiteViewMixin, TemplateView):
    """A page for those who have `permission_required`; `admin_view` has seen that they are staff.

    When the page refreshes itself it asks for `live_template_name` alone.
    """

    http_method_names = ["get", "head", "options"]
    template_name = "tasks/admin/live_page.html"
    live_template_name: str

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return the page, or what of it is alive."""
        self.live = Live.of(request)
        if self.live.is_refresh:
            context = {**self.numbers(**kwargs), "request": request}
            return self.response_class(
                request=request, template=self.live_template_name, context=context
            )
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        numbers = self.numbers(**self.kwargs)
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {
            **context,
            "title": numbers.get("title", context["title"]),
            "live": self.live,
            "live_template": self.live_template_name,
            **numbers,
        }

    def numbers(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the page shows, read anew at every refresh."""
        raise NotImplementedError


def user_of(request: HttpRequest) -> AbstractBaseUser:
    """Return who asks: somebody is logged in on every page of the admin."""
    return cast("AbstractBaseUser", request.user)
