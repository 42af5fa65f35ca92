"""The states of an export and the moves between them: the one place that knows both."""

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class ExportState(models.TextChoices):
    """How far an export has come."""

    WAITING = "waiting", _("waiting")
    """Asked for. What belongs to it is not decided yet."""
    READING = "reading", _("reading")
    """Its last key is fixed, and its rows are being written to parts."""
    ASSEMBLING = "assembling", _("assembling")
    """All rows are in parts; the parts are being made one file."""
    READY = "ready", _("ready")
    """The file can be downloaded, until it expires."""
    FAILED = "failed", _("failed")
    """It was given up; the reason is in the row. Final."""
    CANCELLED = "cancelled", _("cancelled")
    """Somebody stopped it. Final."""
    EXPIRED = "expired", _("expired")
    """It was ready once; its file is deleted. Final."""

    @property
    def is_live(self) -> bool:
        """Whether it is on its way to be ready."""
        return self in LIVE

    @property
    def is_gone(self) -> bool:
        """Whether it is over, and there is no file."""
        return not MOVES[self]

    @property
    def sentence(self) -> str | Promise:
        """What the state means, told to whoever asked for the export."""
        return SENTENCES[self]


LIVE = (ExportState.WAITING, ExportState.READING, ExportState.ASSEMBLING)
"""On the way: these count against the most that one user may have at once."""

MOVES: dict[ExportState, frozenset[ExportState]] = {
    ExportState.WAITING: frozenset(
        {ExportState.READING, ExportState.CANCELLED, ExportState.FAILED}
    ),
    ExportState.READING: frozenset(
        {ExportState.ASSEMBLING, ExportState.CANCELLED, ExportState.FAILED}
    ),
    ExportState.ASSEMBLING: frozenset(
        {ExportState.READY, ExportState.CANCELLED, ExportState.FAILED}
    ),
    ExportState.READY: frozenset({ExportState.EXPIRED}),
    ExportState.FAILED: frozenset(),
    ExportState.CANCELLED: frozenset(),
    ExportState.EXPIRED: frozenset(),
}

SENTENCES: dict[ExportState, str | Promise] = {
    ExportState.WAITING: _("It begins as soon as a worker is free."),
    ExportState.READING: _("Its rows are being written."),
    ExportState.ASSEMBLING: _("All rows are written. The file is being put together."),
    ExportState.READY: _("The file is ready."),
    ExportState.FAILED: _("It could not be finished. Nothing of it was kept; you can ask again."),
    ExportState.CANCELLED: _("It was cancelled. Nothing of it was kept."),
    ExportState.EXPIRED: _("Its time is over and the file is deleted. You can ask again."),
}


class IllegalMove(Exception):
    """An export was to be brought into a state that cannot follow the one it is in."""
