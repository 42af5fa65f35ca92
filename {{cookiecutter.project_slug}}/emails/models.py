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
    HELD = "held", _("held")
    """A mail server may have it; a person says whether it is handed over again."""
    SENT = "sent", _("sent")
    """A mail server took it. Final."""
    FAILED = "failed", _("failed")
    """It was given up; the reason is in the row. Final, unless a person sends it anyway."""


MOVES: dict[EmailState, frozenset[EmailState]] = {
    EmailState.PENDING: frozenset({EmailState.SENDING}),
    # Back to pending: the server said "not now". To itself: a new attempt takes an unsure one over.
    EmailState.SENDING: frozenset(EmailState),
    # These by a person alone.
    EmailState.HELD: frozenset({EmailState.PENDING, EmailState.FAILED}),
    EmailState.FAILED: frozenset({EmailState.PENDING}),
    EmailState.SENT: frozenset(),
}
ENDED = (EmailState.SENT, EmailState.FAILED)
"""With these nothing more is done by itself."""


class IllegalMove(Exception):
    """A mail was to be brought into a state that cannot follow the one it is in."""


# RFC 5322 §2.1.1: the longest line there may be.
SUBJECT_LENGTH = 998


class EmailQuerySet(models.QuerySet["Email"]):
    """Mails."""

    def ended(self) -> Self:
        """Those with which nothing will happen any more."""
        return self.filter(state__in=ENDED)


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
    secret = models.CharField(
        _("secret"),
        max_length=200,
        blank=True,
        editable=False,
        help_text=_("What is written into it when it is sent, and never kept: see emails.secrets."),
    )
    unsubscribe_url = models.CharField(
        _("way out"),
        max_length=500,
        blank=True,
        help_text=_("One of many: sent at a rate, never twice, and with a way to unsubscribe."),
    )
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
        permissions = [("release_email", _("Can send or drop held e-mails"))]

    def __str__(self) -> str:
        return self.key

    @property
    def status(self) -> EmailState:
        """The state; `state` as read from the database is a plain string."""
        return EmailState(self.state)

    @property
    def is_bulk(self) -> bool:
        """Whether it is one of many, such as a newsletter's."""
        return bool(self.unsubscribe_url)

    @property
    def message_id(self) -> str:
        """The `Message-ID` header: the same at every attempt, so that a second copy can be told."""
        return f"<{self.id}@{urlsplit(settings.SITE_URL).hostname or 'localhost'}>"
