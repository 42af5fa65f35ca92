"""The forms of the registration, the login and the way back to a forgotten password."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm
from django.contrib.auth.forms import PasswordResetForm as DjangoPasswordResetForm
from django.db import IntegrityError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.models import User


class RegistrationForm(BaseUserCreationForm[User]):
    """An address and a password, twice."""

    class Meta:
        model = User
        fields = ("email", "wants_newsletter")
        widgets = {"email": forms.EmailInput(attrs={"autocomplete": "email"})}
        labels = {"wants_newsletter": _("Send me the newsletter")}
        help_texts = {"wants_newsletter": _("Now and then. Each one has a link that ends it.")}

    def register(self) -> User | None:
        """Create the account, or return `None` with an error in the form if somebody was faster."""
        try:
            return services.register(
                email=self.cleaned_data["email"],
                password=self.cleaned_data["password1"],
                wants_newsletter=self.cleaned_data["wants_newsletter"],
            )
        except IntegrityError:
            self.add_error("email", _("An account with this e-mail address exists already."))
            return None


class AccountForm(forms.ModelForm[User]):
    """What people may say about themselves."""

    class Meta:
        model = User
        fields = ("language",)
        help_texts = {"language": _("We write to you in it.")}


class LoginForm(AuthenticationForm):
    """Django's login form, whose name is an e-mail address."""

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].widget = forms.EmailInput(
            attrs={"autofocus": True, "autocomplete": "email", "maxlength": 254}
        )


class PasswordResetForm(DjangoPasswordResetForm):
    """Django's form, whose mail goes through the outbox."""

    def save(self, *_args: Any, **_kwargs: Any) -> None:
        """Queue a mail to whom the address belongs; nobody is told whether there is such a user."""
        for user in self.get_users(self.cleaned_data["email"]):
            services.offer_reset(user)
