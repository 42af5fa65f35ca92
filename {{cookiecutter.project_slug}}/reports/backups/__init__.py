"""Backups of the database: taken, verified, put away, thrown away, and brought back."""

from reports.backups.errors import BackupFailed, RestoreRefused
from reports.backups.restoring import restore
from reports.backups.taking import back_up

__all__ = ["BackupFailed", "RestoreRefused", "back_up", "restore"]
