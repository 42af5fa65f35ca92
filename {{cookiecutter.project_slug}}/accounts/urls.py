"""The addresses of the registration and the login."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts.views import LoginView, RegisterView

app_name = "accounts"
urlpatterns = [
    path("register/", RegisterView.as_view(), name="register"),
    path("login/", LoginView.as_view(), name="login"),
    # By POST only: a link on another site must not log anybody out.
    path("logout/", LogoutView.as_view(), name="logout"),
]
