"""The form of a schedule that people make: what makes no sense is said beside its field."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from tasks import registry
from tasks.admin.json_field import JSONField
from tasks.errors import InvalidSchedule
from tasks.models import Schedule
from tasks.schedules import Rule, cron, zones
from tasks.schedules.arguments import checked_arguments

BEFORE_ARGUMENTS = ("name", "task")
AFTER_ARGUMENTS = (
    "cron",
    "every_seconds",
    "timezone",
    "catch_up",
    "grace_seconds",
    "run_at_start",
    "enabled",
)


class ScheduleForm(forms.ModelForm[Schedule]):
    """A schedule, with its arguments in two fields."""

    task = forms.ChoiceField(label=_("Task"), widget=UnfoldAdminSelectWidget)
    args = JSONField(
        label=_("Positional arguments"),
        required=False,
        initial=list,
        help_text=_('A list in JSON, such as [1, "two"].'),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )
    kwargs = JSONField(
        label=_("Keyword arguments"),
        required=False,
        initial=dict,
        help_text=_('An object in JSON, such as {"days": 7}.'),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )

    class Meta:
        model = Schedule
        fields = (*BEFORE_ARGUMENTS, *AFTER_ARGUMENTS)
        help_texts = {
            "cron": _("Minute, hour, day, month, day of the week: 30 2 * * *"),
            "every_seconds": _("Instead of a cron expression; counted from 1970 on."),
            "timezone": _("Such as Europe/Berlin. For cron expressions."),
            "catch_up": _("What becomes of ticks that no timer was there for."),
            "grace_seconds": _("What is later than this is missed in any case."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "task" in self.fields:
            self._offer_tasks()
        if "args" in self.fields and self.instance.pk:
            self.initial["args"] = self.instance.args
            self.initial["kwargs"] = self.instance.kwargs

    def clean_args(self) -> list[Any]:
        """Nothing is an empty list."""
        value: Any = self.cleaned_data["args"]
        if not isinstance(value or [], list):
            raise forms.ValidationError(_("Write a list in JSON, such as [1, 2]."))
        return value or []

    def clean_kwargs(self) -> dict[str, Any]:
        """Nothing is an empty object."""
        value: Any = self.cleaned_data["kwargs"]
        if not isinstance(value or {}, dict):
            raise forms.ValidationError(_('Write an object in JSON, such as {"days": 7}.'))
        return value or {}

    def clean_cron(self) -> str:
        """See `tasks.schedules.cron.check`."""
        text: str = " ".join(self.cleaned_data["cron"].split())
        if text:
            _check(cron.check, text)
        return text

    def clean_timezone(self) -> str:
        """See `tasks.schedules.zones.check`."""
        name: str = self.cleaned_data["timezone"]
        _check(zones.check, name)
        return name

    def clean_every_seconds(self) -> int | None:
        """See `tasks.schedules.Rule`."""
        seconds: int | None = self.cleaned_data["every_seconds"]
        if seconds is not None:
            _check(lambda every: Rule(every=every), seconds)
        return seconds

    def clean(self) -> dict[str, Any]:
        """Look at what several fields say together."""
        values = super().clean() or self.cleaned_data
        if {"task", "args", "kwargs"} <= values.keys():
            self._clean_arguments(values)
        if {"cron", "every_seconds"} <= values.keys():
            is_either_or = bool(values["cron"]) != (values["every_seconds"] is not None)
            if not is_either_or:
                self.add_error("cron", _("Give either a cron expression or an interval."))
        return values

    def _clean_arguments(self, values: dict[str, Any]) -> None:
        task = registry.find(values["task"])
        if task is None:
            return
        try:
            text = checked_arguments(task, values["args"], values["kwargs"])
        except InvalidSchedule as error:
            self.add_error("args", str(error))
        else:
            self.instance.arguments = text

    def _offer_tasks(self) -> None:
        names = registry.names()
        if self.instance.task and self.instance.task not in names:
            names.append(self.instance.task)
        field = self.fields["task"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker
        field.choices = [(name, name) for name in names]


def _check(check: Any, value: object) -> None:
    try:
        check(value)
    except InvalidSchedule as error:
        raise forms.ValidationError(str(error)) from error
