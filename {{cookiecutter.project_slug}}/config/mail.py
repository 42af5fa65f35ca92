"""Mail that leaves no machine, for development."""

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any, override

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone


class FolderBackend(BaseEmailBackend):
    """Writes each mail into a file of its own, which a mail program opens.

    Django's own file backend names a file after the second and the sender's place in memory: two
    mails can share one.
    """

    def __init__(self, *, folder: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.folder = Path(folder)

    @override
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the mails and return how many there were."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{timezone.now():%Y%m%d-%H%M%S-%f}-{secrets.token_hex(4)}.eml"
            (self.folder / name).write_bytes(message.message().as_bytes())
        return len(email_messages)
