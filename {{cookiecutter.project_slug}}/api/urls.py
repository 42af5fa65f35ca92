"""What lies under `/api/` and belongs to no app. Comes after all others: it ends with the rest."""

from django.urls import path, re_path
from drf_spectacular.views import SpectacularAPIView

from api.views import Nothing, docs

app_name = "api"
urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", docs, name="docs"),
    # A newline, too, which no `path()` takes.
    re_path(r"^(?P<rest>[\s\S]*)$", Nothing.as_view(), name="nothing"),
]
