"""Exports as the API reads and writes them."""

from django.utils import timezone
from rest_framework import serializers

from api.bodies import BodySerializer
from exports.kinds import ExportKind
from exports.links import download_link
from exports.models import Export


class NewExportSerializer(BodySerializer):
    """What a client sends to have an export made."""

    kind = serializers.ChoiceField(choices=ExportKind.choices)
    everyones = serializers.BooleanField(default=False)


class ExportSerializer(serializers.ModelSerializer[Export]):
    """An export as its owner sees it."""

    percent = serializers.SerializerMethodField()
    seconds_left = serializers.SerializerMethodField()
    download = serializers.SerializerMethodField()

    class Meta:
        model = Export
        fields = (
            "id",
            "kind",
            "everyones",
            "state",
            "rows",
            "total",
            "percent",
            "seconds_left",
            "size",
            "sha256",
            "download",
            "created_at",
            "expires_at",
        )

    def get_percent(self, export: Export) -> int:
        """From 0 to 100; 100 only when the file is ready."""
        return export.progress(timezone.now()).percent

    def get_seconds_left(self, export: Export) -> int | None:
        """For the rest of the rows; null when nobody can say."""
        left = export.progress(timezone.now()).left
        return None if left is None else int(left.total_seconds())

    def get_download(self, export: Export) -> str | None:
        """A signed address that works for a while; null unless the file is ready."""
        return download_link(export) if export.is_downloadable(timezone.now()) else None
