"""A newsletter: what it says, and how far it is on its way to everybody who asked for it."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from emails.models import SUBJECT_LENGTH


class NewsletterState(models.TextChoices):
    """How far a newsletter has come. `newsletters.sending` has the moves."""

    DRAFT = "draft", _("draft")
    """Being written; nobody gets it."""
    ADDRESSING = "addressing", _("addressing")
    """A worker is to put one mail for each subscriber into the outbox."""
    SENDING = "sending", _("sending")
    """The mails are in the outbox, and go out at the rate that is allowed."""
    PAUSED = "paused", _("paused")
    """No further mail goes out until a person resumes it."""
    SENT = "sent", _("sent")
    """For every mail it is known what became of it. Final."""


UNDER_WAY = (NewsletterState.ADDRESSING, NewsletterState.SENDING, NewsletterState.PAUSED)
"""One newsletter at a time: they share a rate, and a pause."""


class Newsletter(models.Model):
    """What all subscribers get, once."""

    subject = models.CharField(_("subject"), max_length=SUBJECT_LENGTH)
    body = models.TextField(
        _("body"), help_text=_("Plain text. An empty line begins a new paragraph.")
    )
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=NewsletterState,
        default=NewsletterState.DRAFT,
        editable=False,
    )
    group_id = models.UUIDField(_("group"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("newsletter")
        verbose_name_plural = _("newsletters")
        ordering = ["-id"]
        permissions = [("send_newsletter", _("Can send, pause and resume newsletters"))]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=NewsletterState.values),
                name="newsletter_state_is_known",
            ),
            models.UniqueConstraint(
                models.Value(1),
                condition=models.Q(state__in=UNDER_WAY),
                name="newsletter_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def status(self) -> NewsletterState:
        """The state; `state` as read from the database is a plain string."""
        return NewsletterState(self.state)
