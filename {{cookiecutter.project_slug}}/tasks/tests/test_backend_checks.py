"""The numbers of the task system are checked at start-up."""

from typing import Any

import pytest
from django.core.checks import ERROR, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.tasks import task_backends
from django.test import override_settings

from tasks.conf import Options, options
from tasks.tests.factories import with_options


def complaints(**given: Any) -> list[str]:
    """What `manage.py check` says of these options; an engine may warn of its server besides."""
    with override_settings(TASKS=with_options(**given)):
        messages = task_backends["default"].check()
    return [str(message.msg) for message in messages if message.level >= ERROR]


def test_the_projects_own_settings_are_in_order() -> None:
    assert complaints() == []


def test_what_is_known_may_be_set() -> None:
    assert complaints(lease=30, max_attempts=3, backoff=0.5, history_days=7) == []


@pytest.mark.parametrize("name", ["leese", "LEASE", "poll"])
def test_an_unknown_option_is_told_with_those_there_are(name: str) -> None:
    (complaint,) = complaints(**{name: 3})

    assert f"{name} is unknown. Known are: backoff, failure_days" in complaint


@pytest.mark.parametrize(
    "value", [0, -1, "20", None, True, float("nan"), float("inf"), [20]], ids=repr
)
def test_what_is_no_number_above_nothing_is_told(value: Any) -> None:
    (complaint,) = complaints(lease=value)

    assert f"lease must be a number above 0, not {value!r}" in complaint


@pytest.mark.django_db
def test_the_systems_check_asks_the_backend() -> None:
    with override_settings(TASKS=with_options(lease=-1)):
        ids = [message.id for message in run_checks()]

    assert ids == ["tasks.E001"]


def test_wrong_options_stop_what_needs_them() -> None:
    with (
        override_settings(TASKS=with_options(lease=-1)),
        pytest.raises(ImproperlyConfigured, match="lease"),
    ):
        options()


def test_defaults_are_those_of_the_documentation() -> None:
    defaults = Options()

    assert (defaults.lease, defaults.sweep) == (20.0, 5.0)
    assert (defaults.max_attempts, defaults.max_crashes) == (8, 3)
    assert defaults.max_argument_bytes == 65536
    assert (defaults.history_days, defaults.failure_days) == (14, 90)


def test_a_changed_setting_is_seen() -> None:
    with override_settings(TASKS=with_options(lease=7)):
        assert options().lease == 7
    assert options().lease == 20.0
