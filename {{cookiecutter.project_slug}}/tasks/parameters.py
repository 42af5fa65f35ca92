"""What people may give to a task that they run: read from its signature, checked before a row."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, StrEnum
from inspect import Parameter as Declared
from types import NoneType, SimpleNamespace, UnionType
from typing import TYPE_CHECKING, Any, Literal, TypeAliasType, Union, get_args, get_origin
from typing import get_type_hints as evaluated

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from tasks.errors import ArgumentsInvalid
from tasks.options import signature_of

if TYPE_CHECKING:
    from tasks.task import Task


class Kind(StrEnum):
    """What an argument may be. All are values of JSON."""

    FLAG = "flag"
    WHOLE = "whole"
    NUMBER = "number"
    TEXT = "text"
    # ISO 8601; the task gets that text.
    DATE = "date"
    # ISO 8601 with its offset from UTC; the task gets that text.
    MOMENT = "moment"
    CHOICE = "choice"
    LIST = "list"
    DICTIONARY = "dictionary"
    # Whatever JSON can hold: the signature does not say.
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument of a task."""

    name: str
    kind: Kind
    is_nullable: bool = False
    is_required: bool = True
    default: Any = None
    """Of one that is not required."""
    choices: tuple[tuple[Any, str], ...] = ()
    """Of a choice: the values and what they are called."""
    is_sensitive: bool = False

    def accept(self, value: Any) -> Any:
        """Return a value of JSON as the task gets it. Raises `ValueError`, which says why not."""
        if value is None and self.is_nullable:
            return None
        return _ACCEPT[self.kind](self, value)


def parameters_of(task: Task[..., Any]) -> tuple[Parameter, ...]:
    """Return what the task takes, in order."""
    return tuple(_parameter(task, each) for each in signature_of(task).parameters.values())


def accepted(task: Task[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keyword arguments of a call; those left out have their defaults.

    Raises `ArgumentsInvalid`, which says of each argument what is wrong with it.
    """
    known = {parameter.name: parameter for parameter in parameters_of(task)}
    errors = {name: _("The task takes no such argument.") for name in given if name not in known}
    values = {}
    for name, parameter in known.items():
        if name in given:
            try:
                values[name] = parameter.accept(given[name])
            except ValueError as error:
                errors[name] = str(error)
        elif parameter.is_required:
            errors[name] = _("This argument is required.")
    if errors:
        raise ArgumentsInvalid(task.module_path, errors)
    return values


def _parameter(task: Task[..., Any], declared: Declared) -> Parameter:
    annotation, is_nullable = _without_none(_annotation(task, declared))
    kind, choices = _kind(annotation)
    is_required = declared.default is Declared.empty
    return Parameter(
        name=declared.name,
        kind=kind,
        choices=choices,
        is_nullable=is_nullable or declared.default is None,
        is_required=is_required,
        default=None if is_required else _plain(declared.default),
        is_sensitive=declared.name in task.sensitive,
    )


def _annotation(task: Task[..., Any], declared: Declared) -> Any:
    """Return the type, or nothing for a name that only the type checker knows."""
    holder = SimpleNamespace(__annotations__={declared.name: declared.annotation})
    try:
        return evaluated(holder, globalns=task.func.__globals__)[declared.name]
    except NameError:
        return Declared.empty


def _without_none(annotation: Any) -> tuple[Any, bool]:
    while isinstance(annotation, TypeAliasType):
        annotation = annotation.__value__
    if get_origin(annotation) not in (Union, UnionType):
        return annotation, False
    members = [each for each in get_args(annotation) if each is not NoneType]
    is_nullable = len(members) < len(get_args(annotation))
    return members[0] if len(members) == 1 else Declared.empty, is_nullable


def _kind(annotation: Any) -> tuple[Kind, tuple[tuple[Any, str], ...]]:
    if get_origin(annotation) is Literal:
        return Kind.CHOICE, tuple((value, str(value)) for value in get_args(annotation))
    plain = get_origin(annotation) or annotation
    if not isinstance(plain, type):
        return Kind.ANY, ()
    if issubclass(plain, Enum):
        return Kind.CHOICE, tuple((each.value, _called(each)) for each in plain)
    return next((kind for base, kind in _KINDS if issubclass(plain, base)), Kind.ANY), ()


def _called(member: Enum) -> str:
    return str(getattr(member, "label", member.name))


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


# The first that fits: a bool is an int, a datetime is a date, and a text is a sequence.
_KINDS: tuple[tuple[type, Kind], ...] = (
    (bool, Kind.FLAG),
    (int, Kind.WHOLE),
    (float, Kind.NUMBER),
    (str, Kind.TEXT),
    (datetime, Kind.MOMENT),
    (date, Kind.DATE),
    (Mapping, Kind.DICTIONARY),
    (Sequence, Kind.LIST),
)


def _flag(_parameter: Parameter, value: Any) -> Any:
    return _of(bool, value, _("Must be true or false."))


def _whole(_parameter: Parameter, value: Any) -> Any:
    return _of(int, value, _("Must be a whole number."))


def _number(_parameter: Parameter, value: Any) -> Any:
    wrong = _("Must be a number.")
    try:
        is_one = math.isfinite(_of(int | float, value, wrong))
    except OverflowError as error:
        # A whole number that no float is large enough for.
        raise ValueError(wrong) from error
    if not is_one:
        raise ValueError(wrong)
    return value


def _text(_parameter: Parameter, value: Any) -> Any:
    return _of(str, value, _("Must be a text."))


def _date(_parameter: Parameter, value: Any) -> Any:
    wrong = _("Must be a date such as 2026-12-31.")
    try:
        return date.fromisoformat(_of(str, value, wrong)).isoformat()
    except ValueError as error:
        raise ValueError(wrong) from error


def _moment(_parameter: Parameter, value: Any) -> Any:
    wrong = _("Must be a time with its offset from UTC, such as 2026-12-31T23:59:00+01:00.")
    try:
        moment = parse_datetime(_of(str, value, wrong))
    except ValueError as error:
        raise ValueError(wrong) from error
    if moment is None or moment.tzinfo is None:
        raise ValueError(wrong)
    return moment.isoformat()


def _choice(parameter: Parameter, value: Any) -> Any:
    known = [each for each, _label in parameter.choices]
    # A bool equals a number, and is another choice.
    if not any(value == each and type(value) is type(each) for each in known):
        names = ", ".join(map(str, known))
        raise ValueError(_("Must be one of: %(choices)s.") % {"choices": names})
    return value


def _list(_parameter: Parameter, value: Any) -> Any:
    return _of(list, value, _("Must be a list."))


def _dictionary(_parameter: Parameter, value: Any) -> Any:
    return _of(dict, value, _("Must be an object of JSON."))


def _any(_parameter: Parameter, value: Any) -> Any:
    return value


def _of(kind: type | UnionType, value: Any, wrong: str) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(wrong)
    return value


_ACCEPT: dict[Kind, Callable[[Parameter, Any], Any]] = {
    Kind.FLAG: _flag,
    Kind.WHOLE: _whole,
    Kind.NUMBER: _number,
    Kind.TEXT: _text,
    Kind.DATE: _date,
    Kind.MOMENT: _moment,
    Kind.CHOICE: _choice,
    Kind.LIST: _list,
    Kind.DICTIONARY: _dictionary,
    Kind.ANY: _any,
}
