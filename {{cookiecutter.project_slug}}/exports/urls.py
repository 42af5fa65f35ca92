"""The addresses of the pages of exports and of their API."""

from django.urls import include, path

from exports import views

app_name = "exports"
urlpatterns = [
    path("shop/exports/", views.exports, name="exports"),
    path("shop/exports/<uuid:export_id>/status/", views.status, name="status"),
    path("shop/exports/<uuid:export_id>/cancel/", views.cancel_export, name="cancel"),
    path("shop/exports/<uuid:export_id>/download/", views.download, name="download"),
    path("api/exports/", include("exports.api.urls")),
]
