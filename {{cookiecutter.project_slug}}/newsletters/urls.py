"""The addresses for who gets newsletters, and who does not any more."""

from django.urls import path

from newsletters.views import SubscriptionView, UnsubscribeView

app_name = "newsletters"
urlpatterns = [
    path("newsletter/", SubscriptionView.as_view(), name="subscription"),
    path("newsletter/unsubscribe/<signed>/", UnsubscribeView.as_view(), name="unsubscribe"),
]
