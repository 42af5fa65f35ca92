"""Who comes by the places of the reports and backups, and how it ends."""

import shutil
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.utils import timezone

from emails.models import Email
from reports.backups import shelf
from reports.backups.databases import database
from reports.backups.shelf import Backup
from reports.tasks import back_up, send_daily_report
from reports.tests.conftest import why_not
from tests.scenario import Run, Stage, run

DAY = timedelta(days=1)


@run("daily report")
def _daily_report(stage: Stage, what: str) -> Run:
    recipient = f"{uuid.uuid4().hex}@example.com"
    stage.settings.REPORT_RECIPIENTS = [recipient]
    stage.environment["TEST_REPORT_RECIPIENTS"] = recipient

    def end() -> Any:
        mails = Email.objects.filter(to=recipient)
        return [mail.state for mail in mails], stage.server.copies[recipient]

    return Run(who=send_daily_report.enqueue().id, end=end)


@run("backup", unless=why_not)
def _backup(stage: Stage, what: str) -> Run:
    return stage.once(_backed_up)


def _backed_up(stage: Stage) -> Run:
    """One run for all its places: two at once would throw each other's backups away."""
    stage.on_exit.callback(shutil.rmtree, settings.BACKUPS_FOLDER, ignore_errors=True)
    # What somebody has left who died two days ago: thrown away before anything else.
    left = Backup.new(timezone.now() - 2 * DAY, database().SUFFIX)
    shelf.storage().save(left.name, ContentFile(b"half a backup"))
    result = back_up.using(max_attempts=100).enqueue()
    return Run(who=result.id, end=_end)


def _end() -> Any:
    """Say how many backups there are, and whether the newest can be read; nothing else is left once
    a day has passed."""
    shelf.clear(timezone.now() + 2 * DAY)
    newest, *others = shelf.backups()
    copy = Path(settings.BACKUPS_FOLDER) / "copy"
    is_whole = shelf.fetch(newest, copy) == shelf.sealed_digest(newest)
    copy.unlink()
    return is_whole, len(others), len(shelf.storage().listdir("")[1])
