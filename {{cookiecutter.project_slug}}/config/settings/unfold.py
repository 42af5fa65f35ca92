"""The admin's looks: its name, colours and what its sidebar leads to."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from config.settings.base import DEBUG


def environment(request: HttpRequest) -> list[Any]:
    """The badge that tells a developer's machine from the real site."""
    return [_("Development"), "warning"]


def stylesheet(request: HttpRequest) -> str:
    """The address of the task pages' own styles."""
    return static("tasks/admin.css")


def board_stylesheet(request: HttpRequest) -> str:
    """The address of the styles of the dashboard, and of the pages about queues and tasks."""
    return static("tasks/board.css")


def frame_stylesheet(request: HttpRequest) -> str:
    """The address of the styles of the frame around all pages."""
    return static("frame.css")


def frame_script(request: HttpRequest) -> str:
    """The address of what makes that frame usable by the keyboard."""
    return static("frame.js")


def icon(request: HttpRequest) -> str:
    """The address of the icon in the browser's tab."""
    return static("favicon.svg")


def allowed(permission: str) -> Callable[[HttpRequest], bool]:
    """Show an entry to those who have `permission`."""

    def check(request: HttpRequest) -> bool:
        return request.user.has_perm(permission)

    return check


def on_runs(request: HttpRequest) -> bool:
    """Light up the list of runs and what is below it, but not where the failures are."""
    return request.path.startswith(str(RUNS)) and not on_failures(request)


def on_failures(request: HttpRequest) -> bool:
    """Light up the page of failures."""
    return request.path == str(FAILURES)


RUNS = reverse_lazy("admin:tasks_taskrun_changelist")
FAILURES = reverse_lazy("admin:tasks_taskrun_failures")


def page(title: Any, icon: str, model: str, **more: Any) -> dict[str, Any]:
    """An entry of the sidebar that leads to the list of a model, such as `orders.order`."""
    app, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": allowed(f"{app}.view_{name}"),
        **more,
    }


def site_page(title: Any, icon: str, name: str, permission: str, **more: Any) -> dict[str, Any]:
    """An entry that leads to a page about no model, for those with a permission."""
    link = reverse_lazy(f"admin:{name}")
    return {"title": title, "icon": icon, "link": link, "permission": allowed(permission), **more}


def on_index(request: HttpRequest) -> bool:
    """Light up the entry of the first page only there: all others are below it."""
    return request.path == reverse("admin:index")


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Shop"),
    "SITE_HEADER": _("Shop"),
    "SITE_SUBHEADER": _("Back office"),
    "SITE_SYMBOL": "storefront",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": icon}],
    "ENVIRONMENT": environment if DEBUG else None,
    "STYLES": [frame_stylesheet, stylesheet, board_stylesheet],
    "SCRIPTS": [frame_script],
    "DASHBOARD_CALLBACK": "tasks.admin.dashboard.index",
    # Below `/admin/`: address, name, view.
    "SITE_VIEWS": [
        ("tasks/dashboard/", "tasks_dashboard", "tasks.admin.dashboard.DashboardPage"),
        ("tasks/queues/", "tasks_queues", "tasks.admin.queues.QueuesPage"),
        ("tasks/queues/pause/<path:name>/", "tasks_queue_pause", "tasks.admin.queues.PauseQueue"),
        (
            "tasks/queues/resume/<path:name>/",
            "tasks_queue_resume",
            "tasks.admin.queues.ResumeQueue",
        ),
        ("tasks/queues/limit/<path:name>/", "tasks_queue_limit", "tasks.admin.queues.LimitQueue"),
        ("tasks/tasks/", "tasks_tasks", "tasks.admin.catalogue.TasksPage"),
        ("tasks/tasks/<str:name>/", "tasks_task", "tasks.admin.catalogue.TaskPage"),
        ("tasks/tasks/<str:name>/run/", "tasks_task_run", "tasks.admin.task_deeds.RunTask"),
        ("tasks/tasks/<str:name>/pause/", "tasks_task_pause", "tasks.admin.task_deeds.PauseTask"),
        (
            "tasks/tasks/<str:name>/resume/",
            "tasks_task_resume",
            "tasks.admin.task_deeds.ResumeTask",
        ),
    ],
    "COLORS": {
        # The shop's green. Text is 600 on light and 500 on dark.
        "primary": {
            "50": "oklch(98% .012 168)",
            "100": "oklch(95% .03 168)",
            "200": "oklch(90% .06 168)",
            "300": "oklch(83% .09 168)",
            "400": "oklch(73% .11 168)",
            "500": "oklch(60% .105 168)",
            "600": "oklch(45% .085 168)",
            "700": "oklch(39% .073 168)",
            "800": "oklch(34% .06 168)",
            "900": "oklch(29% .05 168)",
            "950": "oklch(21% .036 168)",
        },
    },
    # Runs are not searched through here: see `tasks.admin.palette`.
    "COMMAND": {"search_callback": "tasks.admin.palette.find", "search_models": False},
    "SIDEBAR": {
        "navigation": [
            {
                "title": _("Tasks"),
                "separator": True,
                "items": [
                    site_page(
                        _("Dashboard"), "monitoring", "index", "tasks.view_taskrun", active=on_index
                    ),
                    page(_("Runs"), "bolt", "tasks.taskrun", active=on_runs),
                    page(
                        _("Failures"),
                        "bug_report",
                        "tasks.taskrun",
                        link=FAILURES,
                        active=on_failures,
                        badge="tasks.admin.badges.failures",
                    ),
                    site_page(_("Tasks"), "function", "tasks_tasks", "tasks.view_taskrun"),
                    site_page(_("Queues"), "stacks", "tasks_queues", "tasks.view_gate"),
                    page(_("Schedules"), "schedule", "tasks.schedule"),
                    page(
                        _("Workers"),
                        "memory",
                        "tasks.worker",
                        badge="tasks.admin.badges.workers",
                        badge_variant="warning",
                    ),
                    page(_("Alerts"), "notifications", "tasks.alert"),
                    page(_("History"), "history", "admin.logentry"),
                ],
            },
            {
                "title": _("Shop"),
                "separator": True,
                "items": [
                    page(_("Orders"), "receipt_long", "orders.order"),
                    page(_("Refunds"), "undo", "orders.refund"),
                    page(_("Products"), "inventory_2", "orders.product"),
                    page(_("E-mails"), "mail", "emails.email"),
                    page(_("Newsletters"), "campaign", "newsletters.newsletter"),
                    page(_("Exports"), "download", "exports.export"),
                ],
            },
            {
                "title": _("People"),
                "separator": True,
                "items": [
                    page(_("Users"), "person", "accounts.user"),
                    page(_("Groups"), "group", "auth.group"),
                    page(_("API tokens"), "key", "api.token"),
                ],
            },
        ],
    },
}
