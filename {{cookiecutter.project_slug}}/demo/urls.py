"""The demo's addresses."""

from django.urls import path

from demo import views

urlpatterns = [
    path("", views.home, name="home"),
    path("live/", views.live, name="demo-live"),
    path("try/<slug:name>/", views.press, name="demo-press"),
    path("patterns/<slug:name>/", views.pattern, name="demo-pattern"),
]
