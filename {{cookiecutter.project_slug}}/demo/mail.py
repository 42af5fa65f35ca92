"""A mail server that the try-it page stops for a while."""

import smtplib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, override

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.module_loading import import_string


class StoppableBackend(BaseEmailBackend):
    """Hands mails to another backend; while the server is stopped nobody can connect to it."""

    # The names are those of an entry of `MAILERS`.
    def __init__(
        self,
        *,
        BACKEND: str,  # noqa: N803
        OPTIONS: dict[str, Any] | None = None,  # noqa: N803
        alias: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(alias=alias, **kwargs)
        self.server: BaseEmailBackend = import_string(BACKEND)(alias=alias, **(OPTIONS or {}))

    @override
    def open(self) -> bool | None:
        """Connect. Raises `SMTPConnectError`, as a server does that is shutting down."""
        if stopped_for() > 0:
            raise smtplib.SMTPConnectError(421, "The try-it page has stopped the mail server.")
        return self.server.open()

    @override
    def close(self) -> None:
        self.server.close()

    @override
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Hand the mails over and return how many were taken."""
        return self.server.send_messages(email_messages) or 0


def stop(seconds: float) -> None:
    """Stop the mail server. It starts again by itself, whatever becomes of us."""
    flag = _flag()
    flag.parent.mkdir(parents=True, exist_ok=True)
    whole = flag.with_suffix(".new")
    whole.write_text(str(time.time() + seconds))
    whole.replace(flag)


def stopped_for() -> float:
    """How many seconds the mail server stays stopped; 0 when it runs."""
    try:
        return max(0.0, float(_flag().read_text()) - time.time())
    except FileNotFoundError:
        return 0.0


def _flag() -> Path:
    folder: Path = settings.DEMO_FOLDER
    return folder / "mail-stopped-until"
