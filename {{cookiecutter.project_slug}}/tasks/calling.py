"""Tasks called by their names: what a person typed is looked at before anything is enqueued."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from inspect import Signature
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks import options, registry
from tasks.errors import ArgumentsDoNotFit, UnknownTask
from tasks.task import Task

# How `inspect.Signature.bind` puts it, and how it is put to people.
WHY = {
    r"missing a required(?: [\w-]+)? argument: (?P<name>'\w+')": gettext_lazy(
        "missing a required argument: %(name)s"
    ),
    "too many positional arguments": gettext_lazy("too many positional arguments"),
    r"multiple values for argument (?P<name>'\w+')": gettext_lazy(
        "multiple values for argument %(name)s"
    ),
    r"got an unexpected keyword argument (?P<name>'.+')": gettext_lazy(
        "got an unexpected keyword argument %(name)s"
    ),
}


def named(name: str) -> Task[..., Any]:
    """Return the task of that dotted path. Raises `UnknownTask`, which names the nearest."""
    task = registry.find(name)
    if task is None:
        said = _("No installed app declares a task %(name)r.") % {"name": name}
        near = _nearest(name)
        hint = _("Did you mean %(name)s?") % {"name": near}
        if near is None:
            hint = _("`manage.py tasks stats --tasks` lists all.")
        raise UnknownTask(f"{said} {hint}")
    return task


def check_call(task: Task[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Raise `ArgumentsDoNotFit` unless the task's function takes these arguments."""
    try:
        options.check_call(task, args, dict(kwargs))
    except TypeError as error:
        takes = _parameters(options.signature_of(task))
        said = _("Task %(name)s cannot be called like this: %(why)s. It takes %(takes)s.")
        why = _why(str(error.__cause__))
        raise ArgumentsDoNotFit(
            said % {"name": task.module_path, "why": why, "takes": takes}
        ) from error


def _why(text: str) -> str:
    """Return what Python says of a call, in the reader's language."""
    for pattern, translated in WHY.items():
        if found := re.fullmatch(pattern, text):
            return str(translated) % found.groupdict()
    return text


def _parameters(signature: Signature) -> str:
    """Return the parameters without their types, which may be unreadable."""
    plain = [each.replace(annotation=each.empty) for each in signature.parameters.values()]
    return str(Signature(plain))


def _nearest(name: str) -> str | None:
    known = registry.names()
    own = name.rpartition(".")[2]
    same = [path for path in known if path.rpartition(".")[2] == own]
    return next(iter([*same, *get_close_matches(name, known, n=1)]), None)
