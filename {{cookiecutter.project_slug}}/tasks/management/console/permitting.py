"""`tasks roles`."""

from __future__ import annotations

from typing import Any

from tasks.management.console.output import Output
from tasks.management.console.part import Part
from tasks.roles import Role
from tasks.service import service


class Roles(Part[list[Role]]):
    name = "roles"
    help = "Make the groups of those who look at tasks, and of those who look after them."

    def run(self, given: dict[str, Any]) -> list[Role]:
        return service.make_roles()

    def show(self, value: list[Role], out: Output) -> None:
        rows = ((role.group, role.created, len(role.permissions)) for role in value)
        out.table(("group", "new", "permissions"), rows, none="None.")


ROLES = Roles()
