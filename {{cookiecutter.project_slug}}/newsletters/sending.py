"""Sends a newsletter: `draft → addressing → sending ⇄ paused → sent`.

A person starts it. A worker then puts one mail for each subscriber into the outbox, and one run for
each of these into a group, all in one transaction: if it dies before its commit there is nothing,
and if it dies after, everything is there. From then on each mail goes its own way as every mail of
the outbox does. Until the mails are written it can be called off, and is a draft again. The mail's
key names the newsletter and its reader, and is unique: no repetition of anything writes a second
mail to one person.
"""

from collections import Counter
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Count
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from emails.models import Email, EmailState
from emails.tasks import send_bulk
from newsletters.letters import letters, prefix
from newsletters.models import Newsletter, NewsletterState
from tasks.failpoints import failpoint
from tasks.models import GateKind
from tasks.service import service
from tasks.step import Step
from tasks.workflows import group

if TYPE_CHECKING:
    from accounts.models import User

BATCH = 1000


class AnotherIsUnderWay(Exception):
    """Newsletters go out one at a time."""


def start(newsletter: Newsletter) -> bool:
    """Begin to send a draft; say whether that changed anything. Raises `AnotherIsUnderWay`."""
    try:
        with transaction.atomic():
            return _move(newsletter, NewsletterState.DRAFT, NewsletterState.ADDRESSING)
    except IntegrityError as error:
        raise AnotherIsUnderWay(_("Another newsletter is under way: wait for its end.")) from error


def call_off(newsletter: Newsletter) -> bool:
    """Make it a draft again before its mails are written; say whether that changed anything.

    A worker that is about to write them finds the draft, and writes none.
    """
    with transaction.atomic():
        called_off = _move(newsletter, NewsletterState.ADDRESSING, NewsletterState.DRAFT)
        failpoint("editor: newsletter called off, not committed")
    failpoint("editor: newsletter called off")
    return called_off


def address(newsletter: Newsletter, *, then: Step[None]) -> int:
    """Put the mails to all subscribers into the outbox; return how many. Not twice."""
    if newsletter.status is not NewsletterState.ADDRESSING:
        return 0
    # Written before the transaction begins: nobody waits for ten thousand mails to be written.
    mails = list(letters(newsletter))
    with transaction.atomic():
        # By what it says: called off, written anew and sent again, it is not what was read above.
        said = {"subject": newsletter.subject, "body": newsletter.body}
        if not _move(newsletter, NewsletterState.ADDRESSING, NewsletterState.SENDING, **said):
            return 0
        Email.objects.bulk_create(mails, batch_size=BATCH)
        sending = group([send_bulk.si(str(mail.pk)) for mail in mails], then=then).enqueue()
        Newsletter.objects.filter(pk=newsletter.pk).update(group_id=sending.id)
        failpoint("newsletter: addressed, not committed")
    failpoint("newsletter: addressed")
    return len(mails)


def pause(newsletter: Newsletter, *, by: "User") -> bool:
    """Let no further mail go out; say whether that changed anything."""
    with transaction.atomic():
        if not _move(newsletter, NewsletterState.SENDING, NewsletterState.PAUSED):
            return False
        service.pause(GateKind.TASK, send_bulk.module_path, by=by)
        failpoint("editor: newsletter paused, not committed")
    failpoint("editor: newsletter paused")
    return True


def resume(newsletter: Newsletter, *, by: "User | None") -> bool:
    """Let the mails go out again; say whether that changed anything."""
    with transaction.atomic():
        if not _move(newsletter, NewsletterState.PAUSED, NewsletterState.SENDING):
            return False
        service.resume(GateKind.TASK, send_bulk.module_path, by=by)
        failpoint("editor: newsletter resumed, not committed")
    failpoint("editor: newsletter resumed")
    return True


def finish(newsletter: Newsletter) -> bool:
    """End a newsletter whose mails have all ended; say whether that changed anything."""
    with transaction.atomic():
        resume(newsletter, by=None)
        ended = _move(newsletter, NewsletterState.SENDING, NewsletterState.SENT)
        failpoint("newsletter: ended, not committed")
    failpoint("newsletter: ended")
    return ended


def progress(newsletter: Newsletter) -> Counter[EmailState]:
    """Return how many of its mails are in each state."""
    mails = Email.objects.filter(key__startswith=prefix(newsletter)).order_by()
    counts = mails.values_list("state").annotate(Count("pk"))
    return Counter({EmailState(state): count for state, count in counts})


def _move(
    newsletter: Newsletter, before: NewsletterState, after: NewsletterState, **seen: object
) -> bool:
    """Move it if it is still in that state, and has the values that were `seen`."""
    times: dict[str, Now | None] = {}
    if before is NewsletterState.DRAFT:
        times["started_at"] = Now()
    if after is NewsletterState.DRAFT:
        times["started_at"] = None
    if after is NewsletterState.SENT:
        times["ended_at"] = Now()
    rows = Newsletter.objects.filter(pk=newsletter.pk, state=before, **seen)
    moved = rows.update(state=after, **times) == 1
    if moved:
        newsletter.state = after
    return moved
