"""The form by which people run a task: a field for each argument, made from its signature."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.html import escape
from django.utils.translation import gettext as _
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from tasks.admin.json_field import JSONField
from tasks.parameters import Kind, Parameter, parameters_of
from tasks.task import Task

EMPTY = (None, "")


class ArgumentForm(BaseDialogForm):
    """What a person gave, as values of JSON in `arguments` once it is valid."""

    parameters: tuple[Parameter, ...] = ()
    arguments: dict[str, Any]

    def clean(self) -> dict[str, Any]:
        """Turn what the fields hold into arguments; those left empty have their defaults."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        self.arguments = {}
        for parameter in self.parameters:
            if parameter.name in values:
                self._take(parameter, values[parameter.name])
        return values

    def _take(self, parameter: Parameter, value: Any) -> None:
        if value in EMPTY and not parameter.is_required:
            return
        if value in EMPTY and parameter.is_nullable:
            self.arguments[parameter.name] = None
            return
        try:
            self.arguments[parameter.name] = parameter.accept(_plain(parameter, value))
        except ValueError as error:
            self.add_error(parameter.name, str(error))


def form_for(task: Task[..., Any]) -> type[ArgumentForm]:
    """Return the form of a task."""
    parameters = parameters_of(task)
    fields: dict[str, Any] = {parameter.name: _field(parameter) for parameter in parameters}
    return type("TaskArguments", (ArgumentForm,), {**fields, "parameters": parameters})


def _plain(parameter: Parameter, value: Any) -> Any:
    return value.isoformat() if parameter.kind in (Kind.DATE, Kind.MOMENT) else value


def _field(parameter: Parameter) -> forms.Field:
    field = _FIELDS[parameter.kind](parameter)
    field.label = parameter.name
    if parameter.kind != Kind.FLAG or parameter.is_nullable:
        field.required = parameter.is_required and not parameter.is_nullable
        field.help_text = _help(parameter)
    if parameter.is_sensitive:
        field.widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})
        field.widget.is_required = field.required
    return field


def _help(parameter: Parameter) -> str:
    texts = []
    if parameter.kind in (Kind.LIST, Kind.DICTIONARY, Kind.ANY):
        texts.append(_("As JSON."))
    if not parameter.is_required and not parameter.is_sensitive:
        # Unfold shows help as it stands.
        default = escape(json.dumps(parameter.default))
        texts.append(_("Left empty: %(default)s.") % {"default": default})
    return " ".join(texts)


def _flag(parameter: Parameter) -> forms.Field:
    if parameter.is_nullable:
        return _choice_of([(True, _("Yes")), (False, _("No"))])
    return forms.BooleanField(
        required=False, initial=bool(parameter.default), widget=UnfoldBooleanSwitchWidget
    )


def _whole(_parameter: Parameter) -> forms.Field:
    return forms.IntegerField(widget=UnfoldAdminIntegerFieldWidget)


def _number(_parameter: Parameter) -> forms.Field:
    return forms.FloatField(widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}))


def _text(_parameter: Parameter) -> forms.Field:
    return forms.CharField(strip=False, widget=UnfoldAdminTextInputWidget)


def _date(_parameter: Parameter) -> forms.Field:
    attrs = {"type": "date", "class": " ".join(INPUT_CLASSES)}
    return forms.DateField(widget=forms.DateInput(attrs=attrs, format="%Y-%m-%d"))


def _moment(_parameter: Parameter) -> forms.Field:
    attrs = {"type": "datetime-local", "step": "1", "class": " ".join(INPUT_CLASSES)}
    return forms.DateTimeField(widget=forms.DateTimeInput(attrs=attrs))


def _choice(parameter: Parameter) -> forms.Field:
    return _choice_of(list(parameter.choices))


def _choice_of(choices: list[tuple[Any, str]]) -> forms.Field:
    """Choose by the place: values of one list may look the same as text."""
    places = [(str(place), label) for place, (_value, label) in enumerate(choices)]
    return forms.TypedChoiceField(
        choices=[("", "–"), *places],
        coerce=lambda place: choices[int(place)][0],
        empty_value=None,
        widget=UnfoldAdminSelectWidget,
    )


def _json(_parameter: Parameter) -> forms.Field:
    return JSONField(widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


_FIELDS: dict[Kind, Callable[[Parameter], forms.Field]] = {
    Kind.FLAG: _flag,
    Kind.WHOLE: _whole,
    Kind.NUMBER: _number,
    Kind.TEXT: _text,
    Kind.DATE: _date,
    Kind.MOMENT: _moment,
    Kind.CHOICE: _choice,
    Kind.LIST: _json,
    Kind.DICTIONARY: _json,
    Kind.ANY: _json,
}
