"""The pages of the account, of the login, and of the ways to both."""

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, UpdateView

from accounts import codes, services
from accounts.codes import Tokens
from accounts.forms import AccountForm, LoginForm, PasswordResetForm, RegistrationForm
from accounts.models import User
from tasks.failpoints import failpoint


class LoginView(auth_views.LoginView):
    """Django's login, in the shop's clothes."""

    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        """Return where the visitor was going, which is not here again: that would never end."""
        url = super().get_redirect_url(request)
        return "" if url == self.request.path else url


@method_decorator(sensitive_post_parameters("password1", "password2"), name="dispatch")
class RegisterView(auth_views.RedirectURLMixin, FormView[RegistrationForm]):
    """Creates an account, logs in with it, and goes on to where the visitor was going."""

    template_name = "accounts/register.html"
    form_class = RegistrationForm
    next_page = settings.LOGIN_REDIRECT_URL

    def form_valid(self, form: RegistrationForm) -> HttpResponse:
        user = form.register()
        if user is None:
            return self.form_invalid(form)
        login(self.request, user)
        return HttpResponseRedirect(self.get_success_url())

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        return super().get_context_data(next=self.get_redirect_url(), **kwargs)


class AccountView(LoginRequiredMixin, UpdateView[User, AccountForm]):
    """What the shop knows of its visitor, and what of it they may change."""

    template_name = "accounts/account.html"
    form_class = AccountForm
    success_url = reverse_lazy("accounts:account")

    def get_object(self, queryset: QuerySet[User] | None = None) -> User:
        """Return whoever asks."""
        return cast(User, self.request.user)

    def form_valid(self, form: AccountForm) -> HttpResponse:
        services.prefer_language(self.object, form.cleaned_data["language"])
        messages.success(self.request, _("It is stored."))
        return HttpResponseRedirect(self.get_success_url())


class PasswordResetView(auth_views.PasswordResetView):
    """Asks for the address to which the link is sent."""

    template_name = "accounts/password_reset.html"
    form_class = PasswordResetForm
    success_url = reverse_lazy("accounts:password-reset-sent")


class PasswordResetSentView(auth_views.PasswordResetDoneView):
    """Says that a mail is on its way, if there is such an account."""

    template_name = "accounts/password_reset_sent.html"


class NewPasswordView(auth_views.PasswordResetConfirmView):
    """Where the mail's link leads: sets the password, once. The token does not stay in sight."""

    template_name = "accounts/new_password.html"
    token_generator = Tokens()
    success_url = reverse_lazy("accounts:login")

    def form_valid(self, form: SetPasswordForm[User]) -> HttpResponse:
        with transaction.atomic():
            answer = super().form_valid(form)
            codes.use_up(form.user)
            failpoint("forgotten password: new one set, not committed")
        failpoint("forgotten password: new one set")
        messages.success(self.request, _("Your new password is set. Log in with it."))
        return answer
