"""The outbox in the admin: to read, not to write."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from emails.models import Email


@admin.register(Email)
class EmailAdmin(ModelAdmin):
    """Every mail, how far it has come, and why it went no further."""

    list_display = ("key", "to", "subject", "state", "attempt", "created_at", "sent_at")
    list_filter = ("state",)
    search_fields = ("key", "to", "subject")
    fields = (
        "key",
        "to",
        "subject",
        "state",
        "reason",
        "attempt",
        "created_at",
        "sent_at",
        "message_id",
        "text",
        "html",
    )
    readonly_fields = ("message_id",)
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Email | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Email | None = None) -> bool:
        return False
