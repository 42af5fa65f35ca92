"""The policy for unsure mails is checked when the site starts."""

import pytest
from pytest_django import Settings

from emails.checks import check_policy


@pytest.mark.parametrize("policy", ["resend", "hold"])
def test_a_known_policy_passes(policy: str, settings: Settings) -> None:
    settings.EMAIL_WHEN_UNSURE = policy

    assert check_policy(None) == []


def test_an_unknown_policy_is_an_error_that_says_what_to_type(settings: Settings) -> None:
    settings.EMAIL_WHEN_UNSURE = "forget"

    [error] = check_policy(None)

    assert error.id == "emails.E001"
    assert error.hint == "Set EMAIL_WHEN_UNSURE to one of: resend, hold."
