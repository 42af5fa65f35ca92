"""Every address of the site."""

from django.apps import apps
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("accounts/", include("accounts.urls")),
    path("", include("newsletters.urls")),
    path("", include("orders.urls")),
    path("", include("exports.urls")),
    path("api/tasks/", include("tasks.api.urls")),
    # Below all that apps have there: it answers for the rest.
    path("api/", include("api.urls")),
]

if apps.is_installed("demo"):
    urlpatterns += [path("", include("demo.urls"))]
else:
    urlpatterns += [path("", RedirectView.as_view(pattern_name="orders:catalogue"), name="home")]

handler500 = "config.broken.server_error"
