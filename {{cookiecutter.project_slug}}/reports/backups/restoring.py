"""Brings a backup back."""

from django.db import connection

from reports.backups import shelf
from reports.backups.databases import database
from reports.backups.errors import RestoreRefused
from reports.backups.scratch import scratch
from reports.backups.shelf import Backup


def restore(name: str | None = None, *, force: bool = False) -> str:
    """Put a backup, by default the newest, in the place of the database; return its name.

    What fails leaves the database as it was. Raises `RestoreRefused` when there is no such backup,
    when it is not what was stored, and, unless `force` is given, when the database holds tables;
    and `BackupFailed` when it cannot be loaded.
    """
    backup = _find(name)
    tables = connection.introspection.table_names()
    if tables and not force:
        raise RestoreRefused(
            f"The database {connection.settings_dict['NAME']} is not empty: it has {len(tables)} "
            "tables. To delete all that is in it, add --force."
        )
    kind = database()
    with scratch() as folder:
        path = folder / backup.name
        if shelf.fetch(backup, path) != shelf.sealed_digest(backup):
            raise RestoreRefused(f"{backup.name} is damaged: its checksum is another one.")
        kind.verify(path, _go_on)
        kind.load(path, tables, _go_on)
    return backup.name


def _find(name: str | None) -> Backup:
    backups = [each for each in shelf.backups() if each.name.endswith(database().SUFFIX)]
    found = [each for each in backups if name in (None, each.name)]
    if not found:
        known = ", ".join(each.name for each in backups[:5]) or "none"
        raise RestoreRefused(
            f"There is no backup {name or 'of this kind of database'}. There are: {known}."
        )
    return found[0]


def _go_on() -> None:
    """A restore is not stopped half way."""
