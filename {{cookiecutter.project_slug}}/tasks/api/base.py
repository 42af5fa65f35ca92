"""What all views of tasks have in common: they are for staff who may, as the admin's are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

from rest_framework.permissions import BasePermission

from api.base import ApiView
from tasks.permissions import VIEW_ARGUMENTS

if TYPE_CHECKING:
    from django.contrib.auth.models import PermissionsMixin
    from rest_framework.request import Request
    from rest_framework.views import APIView

    class Staff(PermissionsMixin):
        """Somebody who has passed `MayDoIt`."""

        is_staff: bool
        is_active: bool


class MayDoIt(BasePermission):
    """Staff with every permission that the view names for the method."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Say whether the user may. A method without an entry nobody may use."""
        needs = cast(TaskView, view).needs.get(str(request.method))
        user = cast("Staff", request.user)
        if needs is None:
            # There is no such method, which the view says itself.
            return getattr(user, "is_staff", False)
        return user.is_active and user.is_staff and user.has_perms(needs)


class TaskView(ApiView):
    """A view of the task system."""

    permission_classes = (MayDoIt,)
    needs: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """By method: the permissions for it, all of them."""

    @property
    def staff(self) -> Any:
        """Whoever asks; the permission class has let nobody else through."""
        return self.request.user

    @property
    def sees_arguments(self) -> bool:
        """Whether arguments, results and what errors say are shown to whoever asks."""
        return bool(self.staff.has_perm(VIEW_ARGUMENTS))
