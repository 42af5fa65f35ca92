"""What a worker writes, it writes in the language of who reads it: a worker has none of its own."""

import pytest

from accounts.tests.factories import make_user
from emails.models import Email
from newsletters.tasks import begin
from newsletters.tests.factories import make_newsletter
from orders.tests.factories import make_order
from tests.conformance.harness import Programs, wait_until

pytestmark = pytest.mark.once


def written(key: str) -> Email:
    """Wait for a mail."""
    mails = Email.objects.filter(key=key)
    return wait_until(mails.first, f"{key} is in the outbox")


def test_an_order_is_confirmed_in_the_customers_language(programs: Programs) -> None:
    german = make_order(user=make_user(language="de"))
    english = make_order(user=make_user(language="en"))

    programs.worker()

    assert "Zusammen:" in written(f"order-confirmation:{german.pk}").text
    assert "Together:" in written(f"order-confirmation:{english.pk}").text


def test_a_newsletter_tells_everybody_in_their_own_language_how_to_end_it(
    programs: Programs,
) -> None:
    german = make_user(language="de", wants_newsletter=True)
    english = make_user(language="en", wants_newsletter=True)
    newsletter = make_newsletter()
    begin(newsletter)

    programs.worker()

    for reader, told in (
        (german, "den Newsletter angefordert"),
        (english, "you asked for the newsletter"),
    ):
        email = written(f"newsletter:{newsletter.pk}:{reader.pk}")
        assert told in email.text
        assert f'lang="{reader.language}"' in email.html
        assert "There is <news>." in email.text
