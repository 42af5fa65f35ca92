"""The pages on which people begin and end their newsletters."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import TemplateView

from accounts.models import User
from newsletters.subscribers import subscribe, user_of


class SubscriptionView(LoginRequiredMixin, TemplateView):
    """Whether the user gets newsletters, and the button that changes it."""

    template_name = "newsletters/subscription.html"

    def post(self, request: HttpRequest) -> HttpResponse:
        """Begin or end the newsletters, as the button said."""
        wants = request.POST.get("wants") == "yes"
        subscribe(cast(User, request.user), wants=wants)
        text = _("You get the newsletter.") if wants else _("You get no more newsletters.")
        messages.success(request, text)
        return redirect("newsletters:subscription")


# Mail programs post here for their reader (RFC 8058), without a cookie of ours. The signature says
# whose link it is, and there is nothing else to do with it than to leave.
@method_decorator(csrf_exempt, name="dispatch")
class UnsubscribeView(TemplateView):
    """Where the link in a newsletter leads. To look at it changes nothing: programs open links."""

    template_name = "newsletters/unsubscribe.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(reader=self._reader(), **kwargs)

    def post(self, request: HttpRequest, signed: str) -> HttpResponse:
        """End the newsletters, for who pressed the button or whose mail program did."""
        subscribe(self._reader(), wants=False)
        return self.render_to_response(self.get_context_data(done=True))

    def _reader(self) -> User:
        reader = user_of(self.kwargs["signed"])
        if reader is None:
            raise Http404
        return reader
