"""Which forms of the admin were stored: each has a key, and a key is stored once."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class SentForm(models.Model):
    """One form that was stored, committed together with what it changed.

    Like the history of the admin, these rows are kept for good: a key that is forgotten would be
    stored a second time.
    """

    key = models.UUIDField(
        _("key"),
        primary_key=True,
        editable=False,
        help_text=_("Made when the form was shown."),
    )
    digest = models.CharField(
        _("digest"),
        max_length=64,
        help_text=_("SHA-256 of who sent it, from which page, and what it said."),
    )
    object_id = models.TextField(
        _("object"), blank=True, help_text=_("The id of what it made or changed.")
    )
    sent_at = models.DateTimeField(_("sent at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("sent form")
        verbose_name_plural = _("sent forms")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.key)
