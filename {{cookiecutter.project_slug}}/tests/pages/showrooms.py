"""Something of everything that has a page, and where those pages are.

Each app brings its own, in `tests/showroom.py`; the admin itself knows which pages there are.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from django.conf import settings
from django.contrib import admin
from django.test import RequestFactory
from django.urls import reverse

from accounts.models import User
from tasks.models import RunStatus, TaskRun
from tasks.tests.showroom import QUEUE, TASK


def fill(user: User) -> None:
    """Make it, the user's own where it is somebody's."""
    for file in sorted(Path(settings.BASE_DIR).glob("*/tests/showroom.py")):
        import_module(f"{file.parts[-3]}.tests.showroom").show(user)


def addresses(user: User, *, queue: str = QUEUE) -> Iterator[str]:
    """Every page of the admin that the user may open by its address, of each table's newest row."""
    request = RequestFactory().get("/")
    request.user = user
    for model, pages in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = model._default_manager.order_by("-pk").first()
        assert row is not None, f"{model.__name__} has a page: let a showroom make one"
        yield reverse(f"{name}_changelist")
        yield reverse(f"{name}_change", args=[row.pk])
        yield reverse(f"{name}_history", args=[row.pk])
        if pages.has_add_permission(request):
            yield reverse(f"{name}_add")
        if pages.has_delete_permission(request, row):
            yield reverse(f"{name}_delete", args=[row.pk])
    runs = reverse("admin:tasks_taskrun_changelist")
    yield f"{runs}?status__exact=FAILED"
    yield f"{runs}?q=nothing+that+there+is"
    ended = TaskRun.objects.filter(status__in=(RunStatus.FAILED, RunStatus.RUNNING))
    for run in ended | TaskRun.objects.exclude(after_group_id=None):
        yield reverse("admin:tasks_taskrun_change", args=[run.pk])
    for move in ("retry", "promote", "cancel", "delete"):
        yield reverse("admin:tasks_taskrun_all", args=[move]) + "?q=paper"
    yield reverse("admin:tasks_taskrun_failures")
    for name in ("index", "tasks_queues", "tasks_tasks", "password_change"):
        yield reverse(f"admin:{name}") + "?every=0"
    yield reverse("admin:index") + "?every=0&window=week"
    for deed in ("pause", "resume", "limit"):
        yield reverse(f"admin:tasks_queue_{deed}", args=[queue])
    for name in ("tasks_task", "tasks_task_run", "tasks_task_pause", "tasks_task_resume"):
        yield reverse(f"admin:{name}", args=[TASK])
    yield reverse("admin:auth_user_password_change", args=[User.objects.latest("pk").pk])
