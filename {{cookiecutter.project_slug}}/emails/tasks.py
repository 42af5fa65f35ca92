"""What happens to mails in the background."""

from emails import services
from emails.errors import MailRefused
from emails.models import Email
from tasks.task import task


# Twenty attempts span some eleven hours: a mail server may be down for a night.
@task(
    queue_name="mail",
    max_attempts=20,
    backoff=1.0,
    max_backoff=3600.0,
    give_up_on=(MailRefused, Email.DoesNotExist),
    time_limit=60.0,
    unique="{email_id}",
)
def send(email_id: str) -> None:
    """Send one mail of the outbox."""
    services.send(email_id)
