"""Takes a backup: dumped, stored, read back, sealed; then the old ones are thrown away.

Until its seal is there it is no backup, and no old one is deleted. A failure at any point leaves no
half file behind, a killed process one that the next day's backup removes.
"""

import logging

from django.utils import timezone

from reports.backups import shelf
from reports.backups.databases import Database, database
from reports.backups.errors import BackupFailed
from reports.backups.programs import Between
from reports.backups.rotation import kept, rotation
from reports.backups.scratch import scratch
from reports.backups.shelf import Backup
from tasks.failpoints import failpoint

logger = logging.getLogger(__name__)


def back_up(*, between: Between = lambda: None) -> str:
    """Back up the database and return the backup's name.

    `between` is called every now and then; what it raises ends the work. Raises `BackupFailed`, and
    what the storage raises.
    """
    kind = database()
    backup = Backup.new(timezone.now(), kind.SUFFIX)
    failpoint("backup: not begun")
    shelf.clear(backup.at)
    try:
        digest = _store(backup, kind, between)
        shelf.seal(backup, digest)
    except BaseException:
        # Time limits and requests to stop included.
        shelf.discard(backup)
        raise
    failpoint("backup: sealed")
    logger.info("Backup %s is stored and was read back.", backup.name)
    rotate()
    failpoint("backup: older ones thrown away")
    return backup.name


def rotate() -> list[str]:
    """Delete the backups that are not kept any more; return their names."""
    backups = shelf.backups()
    staying = kept([backup.at for backup in backups], rotation())
    going = [backup for backup in backups if backup.at not in staying]
    for backup in going:
        shelf.discard(backup)
        logger.info("Backup %s is deleted: newer ones are kept in its place.", backup.name)
    return [backup.name for backup in going]


def _store(backup: Backup, kind: Database, between: Between) -> str:
    with scratch() as folder:
        path = folder / backup.name
        kind.dump(path, between)
        failpoint("backup: dumped, not stored")
        digest = shelf.digest_of(path)
        shelf.put(path, backup)
        failpoint("backup: stored, not read back")
        # Not what was written is looked at but what is stored.
        path.unlink()
        if shelf.fetch(backup, path) != digest:
            raise BackupFailed(f"{backup.name} was stored, and something else was read back.")
        failpoint("backup: read back, not verified")
        kind.verify(path, between)
    failpoint("backup: verified, not sealed")
    return digest
