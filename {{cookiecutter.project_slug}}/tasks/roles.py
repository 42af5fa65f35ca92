"""Groups of people, ready to use: those who look at tasks, and those who look after them."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from tasks.permissions import ROLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A group and what its members may do."""

    group: str
    permissions: tuple[str, ...]
    created: bool
    """`False`: it was there, and has only been given what it lacked."""


@transaction.atomic
def make_roles() -> list[Role]:
    """Make the groups of `ROLES`, or give them what they lack; nothing is taken from them."""
    return [_make(name, wanted) for name, wanted in ROLES.items()]


def _make(name: str, wanted: tuple[str, ...]) -> Role:
    group, created = Group.objects.get_or_create(name=name)
    group.permissions.add(*(_permission(each) for each in wanted))
    return Role(group=name, permissions=wanted, created=created)


def _permission(dotted: str) -> Permission:
    app, codename = dotted.split(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)
