"""An export that somebody asked for, and the parts that it is written in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from exports.kinds import OF_EVERYONE, RECIPES, ExportKind, Recipe
from exports.states import LIVE, MOVES, ExportState, IllegalMove
from exports.tables import Bound, Scope
from tasks.ids import uuid7


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an export is."""

    rows: int
    total: int
    percent: int
    """100 only when the file is ready."""
    left: timedelta | None
    """How long the rest of the rows will take at the pace so far; `None` when nobody can say."""


class Export(models.Model):
    """One export. Its state changes by `move` only, its rows with their parts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.PROTECT,
        related_name="exports",
    )
    kind = models.CharField(_("kind"), max_length=20, choices=ExportKind)
    everyones = models.BooleanField(
        _("of all customers"), default=False, help_text=_("The rows of everybody: for staff.")
    )
    state = models.CharField(
        _("state"), max_length=10, choices=ExportState, default=ExportState.WAITING
    )
    reason = models.TextField(_("reason"), blank=True, help_text=_("Why it failed, if so."))
    run_id = models.UUIDField(_("run"), null=True, editable=False)
    bounds = models.JSONField(
        _("last keys"),
        default=dict,
        editable=False,
        help_text=_("Where each table ends: fixed when the export begins."),
    )
    rows = models.PositiveBigIntegerField(_("rows"), default=0, help_text=_("In parts so far."))
    total = models.PositiveBigIntegerField(_("rows in all"), default=0)
    file = models.CharField(_("file"), max_length=200, blank=True, help_text=_("In its storage."))
    size = models.PositiveBigIntegerField(_("size"), default=0, help_text=_("In bytes."))
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    created_at = models.DateTimeField(_("asked for at"), db_default=Now(), editable=False)
    began_at = models.DateTimeField(_("begun at"), null=True, editable=False)
    updated_at = models.DateTimeField(_("updated at"), db_default=Now(), editable=False)
    expires_at = models.DateTimeField(_("expires at"), null=True, editable=False)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-id"]
        permissions = [("cancel_export", _("Can cancel exports"))]
        indexes = [
            models.Index(fields=["expires_at"], name="export_to_expire"),
            # By which those that have ended long ago are found.
            models.Index(fields=["updated_at"], name="export_by_change"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "everyones"],
                condition=models.Q(state__in=LIVE),
                name="one_live_export_of_a_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=ExportState.values), name="export_state_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(everyones=False) | models.Q(kind__in=OF_EVERYONE),
                name="export_of_own_data_is_of_nobody_else",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=ExportState.READY) | ~models.Q(file=""),
                name="export_that_is_ready_has_a_file",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    def get_absolute_url(self) -> str:
        """Its place on its owner's page."""
        return f"{reverse('exports:exports')}#export-{self.id}"

    @property
    def status(self) -> ExportState:
        """The state with its sentence; `state` as read from the database is a plain string."""
        return ExportState(self.state)

    @property
    def recipe(self) -> Recipe:
        """How it is made."""
        return RECIPES[ExportKind(self.kind)]

    @property
    def scope(self) -> Scope:
        """Whose rows it holds."""
        return Scope(user_id=self.user_id, everyones=self.everyones)

    @property
    def filename(self) -> str:
        """What its owner's browser calls the file."""
        recipe = self.recipe
        return f"{recipe.title}-{self.created_at:%Y-%m-%d}.{recipe.format.extension}"

    def is_downloadable(self, now: datetime) -> bool:
        """Whether there is a file, and its time is not over. Files are deleted at night."""
        expires_at = self.expires_at
        return self.state == ExportState.READY and (expires_at is None or now < expires_at)

    def bound(self, table: str) -> Bound:
        """Return where a table ends for this export."""
        return Bound(**self.bounds[table])

    def progress(self, now: datetime) -> Progress:
        """Return how far it is."""
        return Progress(
            rows=self.rows, total=self.total, percent=self._percent(), left=self._left(now)
        )

    def _percent(self) -> int:
        if self.state in (ExportState.READY, ExportState.EXPIRED):
            return 100
        return min(99, 100 * self.rows // self.total) if self.total else 0

    def _left(self, now: datetime) -> timedelta | None:
        if self.state != ExportState.READING or self.began_at is None or not self.rows:
            return None
        seconds = (now - self.began_at).total_seconds() / self.rows
        return timedelta(seconds=ceil(seconds * max(0, self.total - self.rows)))

    def move(self, *, to: ExportState, **changes: object) -> bool:
        """Move from the state this object was loaded in; say whether this call did it.

        `False`: somebody else moved the export first. The object keeps its old state until it is
        read again. Raises `IllegalMove` when no export may go that way.
        """
        if to not in MOVES[self.status]:
            raise IllegalMove(f"Export {self.id} cannot go from {self.state} to {to}.")
        here = Export.objects.filter(pk=self.pk, state=self.state)
        return here.update(state=to, updated_at=Now(), **changes) == 1

    def stop(self) -> bool:
        """Cancel it wherever it is on its way; say whether this call did it."""
        here = Export.objects.filter(pk=self.pk, state__in=LIVE)
        return here.update(state=ExportState.CANCELLED, updated_at=Now()) == 1


class ExportPart(models.Model):
    """A chunk of an export's rows. Its file was complete before the row was written."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField(_("number"))
    table = models.CharField(_("table"), max_length=30)
    last_key = models.BigIntegerField(_("last key"))
    rows = models.PositiveIntegerField(_("rows"))
    file = models.CharField(_("file"), max_length=200)

    class Meta:
        verbose_name = _("part")
        verbose_name_plural = _("parts")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["export", "number"], name="one_part_of_a_number"),
            models.CheckConstraint(condition=models.Q(rows__gt=0), name="export_part_has_rows"),
        ]

    def __str__(self) -> str:
        return f"{self.export_id}/{self.number}"
