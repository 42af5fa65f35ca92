"""The ready-made groups: who looks at tasks, and who looks after them."""

import json
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from tasks.permissions import OPERATING, ROLES, VIEWING
from tasks.service import service

pytestmark = pytest.mark.django_db


def test_every_permission_that_is_asked_for_can_be_given() -> None:
    rows = Permission.objects.values_list("content_type__app_label", "codename")
    known = {f"{app}.{codename}" for app, codename in rows}

    assert set(OPERATING) <= known


def test_the_roles_let_their_members_look_and_act() -> None:
    assert service.make_roles()[0].created
    looker = get_user_model().objects.create_user("looker@example.com", is_staff=True)
    operator = get_user_model().objects.create_user("operator@example.com", is_staff=True)
    looker.groups.add(Group.objects.get(name="Task viewers"))
    operator.groups.add(Group.objects.get(name="Task operators"))

    assert looker.has_perms(VIEWING)
    assert not any(looker.has_perm(name) for name in set(OPERATING) - set(VIEWING))
    assert operator.has_perms(OPERATING)


def test_a_role_that_is_there_keeps_what_it_was_given() -> None:
    more = Permission.objects.get(codename="view_user")
    Group.objects.create(name="Task viewers").permissions.add(more)

    out = StringIO()
    call_command("tasks", "roles", "--json", stdout=out)

    assert [role["created"] for role in json.loads(out.getvalue())] == [False, True]
    group = Group.objects.get(name="Task viewers")
    assert more in group.permissions.all()
    assert group.permissions.count() == len(ROLES["Task viewers"]) + 1
