"""Who did what: in Django's history of the object, or in the log where nobody is known."""

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Model
from django.utils import translation

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

logger = logging.getLogger("tasks.audit")


def record(
    objects: Iterable[Model],
    text: "StrOrPromise",
    *,
    by: AbstractBaseUser | None,
    flag: int = CHANGE,
) -> None:
    """Write down what was done to each object, in the transaction of the deed.

    It is written in English: each reader is told in their own language, by `tasks.reasons`.
    Without a user, as where a command was typed, it is a line of the logger `tasks.audit`.
    """
    with translation.override(None):
        text = str(text)
    if by is not None:
        LogEntry.objects.log_actions(by.pk, objects, flag, change_message=text)
        return
    for each in objects:
        logger.info("%s %s: %s", each._meta.verbose_name, each, text)
