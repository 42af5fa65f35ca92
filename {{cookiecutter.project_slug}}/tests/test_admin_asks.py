"""Nothing is done to a selection before it was asked about, and what destroys is asked in red."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.template.response import TemplateResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.module_loading import import_string
from unfold.enums import ActionVariant

from accounts.models import User
from tasks.admin.deeds import Deed
from tasks.tests.showroom import QUEUE, TASK
from tests.pages.showrooms import fill

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# What cannot be taken back, or ends what would go on by itself.
DESTROY = {
    "emails_email_drop",
    "exports_export_cancel",
    "tasks_schedule_switch_off",
    "tasks_taskrun_cancel",
    "tasks_taskrun_remove",
    "tasks_worker_stop",
}
KEEP = {
    "emails_email_release",
    "newsletters_newsletter_call_off",
    "newsletters_newsletter_pause",
    "newsletters_newsletter_resume",
    "newsletters_newsletter_send",
    "tasks_queue_limit",
    "tasks_queue_pause",
    "tasks_queue_resume",
    "tasks_schedule_run_now",
    "tasks_schedule_switch_on",
    "tasks_task_pause",
    "tasks_task_resume",
    "tasks_task_run",
    "tasks_taskrun_again",
    "tasks_taskrun_promote",
    "tasks_taskrun_retry",
    "tasks_worker_quiet",
    "tasks_worker_wake",
}
DESTROY_SELECTED = {
    "cancel_selected",
    "drop_selected",
    "remove_selected",
    "revoke",
    "switch_selected_off",
}
KEEP_SELECTED = {
    "note_by_hand",
    "promote_selected",
    "release_selected",
    "retry_selected",
    "switch_selected_on",
}
SUBMIT = re.compile(r'<button [^>]*type="submit"[^>]*>')


def dialogs() -> Iterator[tuple[str, str]]:
    """The name and the address of all that is asked in a dialog."""
    for model, shown in admin.site._registry.items():
        row = model._default_manager.latest("pk")
        for act in getattr(shown, "actions_detail", ()):
            name = f"{model._meta.app_label}_{model._meta.model_name}_{act}"
            yield name, reverse(f"admin:{name}", args=[row.pk])
    for _, name, view in settings.UNFOLD["SITE_VIEWS"]:
        if issubclass(import_string(view), Deed):
            about = QUEUE if name.startswith("tasks_queue_") else TASK
            yield name, reverse(f"admin:{name}", args=[about])


def test_the_dialogs_of_what_destroys_are_red_and_no_others(
    admin_client: Client, admin_user: User
) -> None:
    fill(admin_user)
    red = {}
    for name, address in dialogs():
        dialog = admin_client.get(address, headers={"HX-Request": "true"}).content.decode()
        [button] = SUBMIT.findall(dialog)
        red[name] = "bg-red-600" in button

    assert {name for name, is_red in red.items() if is_red} == DESTROY
    assert red.keys() == DESTROY | KEEP, "say of a new one whether it destroys"


def test_every_action_of_every_list_answers_with_a_question(
    rf: RequestFactory, admin_user: User
) -> None:
    red = {}
    for model, shown in admin.site._registry.items():
        request: Any = rf.post("/", {"action": "whatever"})
        request.user = admin_user
        actions: dict[str, Any] = shown.get_actions(request)
        for name, action in actions.items():
            answer = action.func(shown, request, model._default_manager.none())
            assert isinstance(answer, TemplateResponse), f"{shown}: {name} asks nothing"
            # To delete rows of any table is Django's own, and asked on its page.
            if name != "delete_selected":
                assert answer.context_data
                red[name] = answer.context_data["question"].variant is ActionVariant.DANGER

    assert {name for name, is_red in red.items() if is_red} == DESTROY_SELECTED
    assert red.keys() == DESTROY_SELECTED | KEEP_SELECTED, "say of a new one whether it destroys"
