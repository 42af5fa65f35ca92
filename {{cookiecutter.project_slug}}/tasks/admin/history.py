"""What was done to an object, told to its reader: it is written down in English."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from tasks.reasons import told_of_deed


class TellsItsHistory(ModelAdmin):
    """The page of what was done to an object tells it in the reader's language."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        answer: HttpResponse = super().history_view(request, object_id, extra_context)
        if isinstance(answer, TemplateResponse) and answer.context_data:
            for entry in answer.context_data["action_list"]:
                entry.change_message = told_of_deed(entry.change_message)
        return answer
