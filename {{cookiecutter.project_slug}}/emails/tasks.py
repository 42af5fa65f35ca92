"""What happens to mails in the background."""

from django.conf import settings

from emails import services
from emails.errors import MailHeld, MailRefused
from emails.models import Email
from tasks.task import task

GIVE_UP_ON = (MailRefused, MailHeld, Email.DoesNotExist)


# Twenty attempts span some eleven hours: a mail server may be down for a night.
@task(
    queue_name="mail",
    max_attempts=20,
    backoff=1.0,
    max_backoff=3600.0,
    give_up_on=GIVE_UP_ON,
    time_limit=60.0,
    unique="{email_id}",
)
def send(email_id: str) -> None:
    """Send one mail of the outbox."""
    services.send(email_id)


# Apart from the others, so that no password waits for ten thousand newsletters.
@task(
    queue_name="newsletter",
    max_attempts=20,
    backoff=1.0,
    max_backoff=3600.0,
    give_up_on=GIVE_UP_ON,
    time_limit=60.0,
    unique="{email_id}",
    rate=settings.NEWSLETTER_RATE,
)
def send_bulk(email_id: str) -> None:
    """Send one of many mails, at the rate that the mail server or its provider allows."""
    services.send(email_id)
