"""What happens to newsletters in the background; `emails.tasks.send_bulk` sends their mails."""

from django.db import transaction

from newsletters import sending
from newsletters.models import Newsletter
from tasks.failpoints import failpoint
from tasks.task import task


@task(
    queue_name="mail",
    give_up_on=Newsletter.DoesNotExist,
    time_limit=600.0,
    unique="{newsletter_id}",
)
def address(newsletter_id: int) -> int:
    """Put one mail for each subscriber into the outbox; return how many."""
    newsletter = Newsletter.objects.get(pk=newsletter_id)
    return sending.address(newsletter, then=finish.si(newsletter_id))


@task(queue_name="mail", give_up_on=Newsletter.DoesNotExist)
def finish(newsletter_id: int) -> None:
    """End a newsletter whose mails have all ended, well or not."""
    sending.finish(Newsletter.objects.get(pk=newsletter_id))


def begin(newsletter: Newsletter) -> bool:
    """Send a draft to everybody; say whether that changed anything. Raises `AnotherIsUnderWay`."""
    with transaction.atomic():
        started = sending.start(newsletter)
        if started:
            address.enqueue(newsletter.pk)
        failpoint("editor: newsletter begun, not committed")
    failpoint("editor: newsletter begun")
    return started
