"""The addresses of the API, under `/api/exports/`."""

from django.urls import path

from exports.api.views import ExportDetail, ExportList

app_name = "api"
urlpatterns = [
    path("", ExportList.as_view(), name="exports"),
    path("<uuid:export_id>/", ExportDetail.as_view(), name="export"),
]
