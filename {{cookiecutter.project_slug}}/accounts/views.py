"""The pages of the registration and the login."""

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth import views as auth_views
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from accounts.forms import LoginForm, RegistrationForm


class LoginView(auth_views.LoginView):
    """Django's login, in the shop's clothes."""

    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True


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
