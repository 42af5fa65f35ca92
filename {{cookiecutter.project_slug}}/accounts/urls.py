"""The addresses of the account, of the login, and of the ways to both."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts.views import (
    AccountView,
    LoginView,
    NewPasswordView,
    PasswordResetSentView,
    PasswordResetView,
    RegisterView,
)

app_name = "accounts"
urlpatterns = [
    path("", AccountView.as_view(), name="account"),
    path("register/", RegisterView.as_view(), name="register"),
    path("login/", LoginView.as_view(), name="login"),
    # By POST only: a link on another site must not log anybody out.
    path("logout/", LogoutView.as_view(), name="logout"),
    path("password/", PasswordResetView.as_view(), name="password-reset"),
    path("password/sent/", PasswordResetSentView.as_view(), name="password-reset-sent"),
    path("password/<uidb64>/<token>/", NewPasswordView.as_view(), name="new-password"),
]
