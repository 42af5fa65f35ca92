"""What people may give to a task: read from its signature, and checked by name and type."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal

import pytest
from django.db import models

from tasks import parameters
from tasks.errors import ArgumentsInvalid, InvalidTaskOption, NotManual
from tasks.models import TaskRun
from tasks.parameters import Kind, Parameter
from tasks.service import service
from tasks.task import task
from tasks.tests.sample.tasks import add, print_labels

if TYPE_CHECKING:
    from tasks.context import RunContext

type Count = int


class Size(models.TextChoices):
    """With labels."""

    SMALL = "s", "Small one"
    LARGE = "l", "Large one"


class Colour(Enum):
    """Without."""

    RED = 1


def everything(  # type: ignore[no-untyped-def]
    context: RunContext,
    flag: bool,
    count: Count,
    share: float | None,
    text: str,
    day: date,
    at: datetime,
    mode: Literal["fast", 3, True],
    size: Size,
    items: list[int],
    more: Sequence[str],
    options: dict[str, Any],
    either: int | str,
    whatever,  # noqa: ANN001
    colour: Colour = Colour.RED,
    when: date = date(2026, 1, 2),
    *,
    secret: str | None = None,
) -> None:
    """Take one of each kind."""


TASK: Any = task(takes_context=True, manual=True, sensitive="secret")(everything)


def named(name: str) -> Parameter:
    return next(each for each in parameters.parameters_of(TASK) if each.name == name)


def test_each_argument_has_the_kind_of_its_annotation() -> None:
    assert {each.name: each.kind for each in parameters.parameters_of(TASK)} == {
        "flag": Kind.FLAG,
        "count": Kind.WHOLE,
        "share": Kind.NUMBER,
        "text": Kind.TEXT,
        "day": Kind.DATE,
        "at": Kind.MOMENT,
        "mode": Kind.CHOICE,
        "size": Kind.CHOICE,
        "items": Kind.LIST,
        "more": Kind.LIST,
        "options": Kind.DICTIONARY,
        "either": Kind.ANY,
        "whatever": Kind.ANY,
        "colour": Kind.CHOICE,
        "when": Kind.DATE,
        "secret": Kind.TEXT,
    }


def test_choices_have_the_names_that_people_know() -> None:
    assert named("size").choices == (("s", "Small one"), ("l", "Large one"))
    assert named("mode").choices == (("fast", "fast"), (3, "3"), (True, "True"))
    assert named("colour").choices == ((1, "RED"),)


def test_defaults_are_values_of_json_and_secrets_are_known() -> None:
    assert (named("when").is_required, named("when").default) == (False, "2026-01-02")
    assert named("colour").default == 1
    assert named("secret").is_sensitive
    assert named("secret").is_nullable
    assert named("share").is_nullable
    assert named("share").is_required


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("flag", False),
        ("count", 10**30),
        ("share", 3),
        ("share", 0.5),
        ("share", None),
        ("text", ""),
        ("day", "2026-02-28"),
        ("at", "2026-02-28T12:00:00+01:00"),
        ("mode", "fast"),
        ("mode", 3),
        ("mode", True),
        ("size", "l"),
        ("items", [1]),
        ("options", {}),
        ("whatever", None),
        ("either", [1, {"a": None}]),
    ],
)
def test_what_fits_is_accepted_as_it_is(name: str, value: Any) -> None:
    assert named(name).accept(value) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("flag", 1),
        ("flag", "true"),
        ("flag", None),
        ("count", 1.0),
        ("count", "1"),
        ("count", True),
        ("share", "1"),
        ("share", True),
        ("share", float("nan")),
        ("share", float("inf")),
        ("share", 10**400),
        ("text", 1),
        ("text", None),
        ("day", "28.2.2026"),
        ("day", "2026-02-30"),
        ("day", 20260228),
        ("at", "2026-02-28T12:00:00"),
        ("at", "2026-02-30T12:00:00Z"),
        ("at", "noon"),
        ("mode", "slow"),
        ("mode", 1),
        ("size", "SMALL"),
        ("items", {"a": 1}),
        ("items", "text"),
        ("options", []),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"^Must be .*\.$"):
        named(name).accept(value)


def test_every_wrong_argument_is_told_by_its_name() -> None:
    with pytest.raises(ArgumentsInvalid) as refused:
        parameters.accepted(add, {"left": "1", "top": 2})

    assert refused.value.errors == {
        "top": "The task takes no such argument.",
        "left": "Must be a whole number.",
        "right": "This argument is required.",
    }


@pytest.mark.parametrize("function", [lambda *rest: rest, lambda **rest: rest, lambda a, /: a])
def test_a_manual_task_names_its_arguments(function: Any) -> None:
    function.__module__, function.__qualname__ = __name__, "nameless"

    with pytest.raises(InvalidTaskOption, match="manual needs arguments that can be named"):
        task(manual=True)(function)


def test_a_manual_task_keeps_its_row() -> None:
    with pytest.raises(InvalidTaskOption, match="durable=False keeps no row, and manual needs one"):
        task(manual=True, durable=False)(everything)


@pytest.mark.django_db
def test_only_tasks_that_opt_in_are_run_by_hand() -> None:
    with pytest.raises(NotManual, match=r"add is not to be run by hand: it lacks manual=True"):
        service.run_by_hand(add.module_path, {"left": 1, "right": 2}, by=None)
    with pytest.raises(ArgumentsInvalid):
        service.run_by_hand(print_labels.module_path, {"copies": "many"}, by=None)
    assert not TaskRun.objects.exists()

    result = service.run_by_hand(print_labels.module_path, {"copies": 2}, by=None)

    assert TaskRun.objects.get(pk=result.id).kwargs == {"copies": 2}
