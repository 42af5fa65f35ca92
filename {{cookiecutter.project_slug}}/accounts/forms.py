"""The forms of the registration and the login."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.models import User


class RegistrationForm(BaseUserCreationForm[User]):
    """An address and a password, twice."""

    class Meta:
        model = User
        fields = ("email",)
        widgets = {"email": forms.EmailInput(attrs={"autocomplete": "email"})}

    def register(self) -> User | None:
        """Create the account, or return `None` with an error in the form if somebody was faster."""
        try:
            with transaction.atomic():
                return services.register(
                    email=self.cleaned_data["email"], password=self.cleaned_data["password1"]
                )
        except IntegrityError:
            self.add_error("email", _("An account with this e-mail address exists already."))
            return None


class LoginForm(AuthenticationForm):
    """Django's login form, whose name is an e-mail address."""

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].widget = forms.EmailInput(
            attrs={"autofocus": True, "autocomplete": "email", "maxlength": 254}
        )
