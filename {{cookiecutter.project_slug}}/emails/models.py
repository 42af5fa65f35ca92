"""One row is one mail. The row says how far the mail has come."""

from typing import Self
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from tasks.ids import uuid7


class EmailState(models.TextChoices):
    """How far a mail has come. `MOVES` below says what may follow what."""

    PENDING = "pending", _("pending")
    """Queued; no mail server has it."""
    SENDING = "sending", _("sending")
    """Handed to a mail server, whose answer is not written down yet."""
    SENT = "sent", _("sent")
    """A mail server took it. Final."""
    FAILED = "failed", _("failed")
    """It will not be sent; the reason is in the row. Final."""


MOVES: dict[EmailState, frozenset[EmailState]] = {
    EmailState.PENDING: frozenset({EmailState.SENDING}),
    # Back to pending: the server said "not now". To itself: a new attempt takes an unsure one over.
    EmailState.SENDING: frozenset(EmailState),
    EmailState.SENT: frozenset(),
    EmailState.FAILED: frozenset(),
}


class IllegalMove(Exception):
    """A mail was to be brought into a state that cannot follow the one it is in."""


# RFC 5322 §2.1.1: the longest line there may be.
SUBJECT_LENGTH = 998


class EmailQuerySet(models.QuerySet["Email"]):
    """Mails."""

    def ended(self) -> Self:
        """Those with which nothing will happen any more."""
        return self.filter(state__in=[state for state, moves in MOVES.items() if not moves])


class Email(models.Model):
    """A mail as it was written when its cause happened."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(
        _("key"),
        max_length=200,
        unique=True,
        help_text=_("What caused it, such as order-confirmation:17. One key is one mail."),
    )
    to = models.EmailField(_("to"))
    subject = models.CharField(_("subject"), max_length=SUBJECT_LENGTH)
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"))
    state = models.CharField(
        _("state"), max_length=10, choices=EmailState, default=EmailState.PENDING
    )
    attempt = models.PositiveIntegerField(
        _("attempt"),
        default=0,
        help_text=_("How often it was handed to a mail server. Only the latest may write."),
    )
    reason = models.TextField(_("reason"), blank=True, help_text=_("Why it was not sent, if so."))
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True, editable=False)

    objects = EmailQuerySet.as_manager()

    class Meta:
        verbose_name = _("e-mail")
        verbose_name_plural = _("e-mails")
        ordering = ["-id"]
        # By which what is old is found.
        indexes = [models.Index(fields=["created_at"], name="email_created_at")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=EmailState.values), name="email_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def status(self) -> EmailState:
        """The state; `state` as read from the database is a plain string."""
        return EmailState(self.state)

    @property
    def message_id(self) -> str:
        """The `Message-ID` header: the same at every attempt, so that a second copy can be told."""
        return f"<{self.id}@{urlsplit(settings.SITE_URL).hostname or 'localhost'}>"
