"""Nothing is done to a selection before it was asked about: in no list of the admin."""

from typing import Any

import pytest
from django.contrib import admin
from django.template.response import TemplateResponse
from django.test import RequestFactory

from accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_every_action_of_every_list_answers_with_a_question(
    rf: RequestFactory, admin_user: User
) -> None:
    asked = set()
    for model, shown in admin.site._registry.items():
        request: Any = rf.post("/", {"action": "whatever"})
        request.user = admin_user
        actions: dict[str, Any] = shown.get_actions(request)
        for name, action in actions.items():
            answer = action.func(shown, request, model._default_manager.none())
            assert isinstance(answer, TemplateResponse), f"{shown}: {name} asks nothing"
            asked.add(name)

    assert {"release_selected", "drop_selected", "retry_selected", "revoke"} <= asked
