"""A real mail server that remembers what it took, and misbehaves as a test tells it to."""

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, override

from aiosmtpd.smtp import SMTP, Envelope, Session

# It writes down every line of every conversation.
logging.getLogger("mail.log").setLevel(logging.WARNING)

HANG_UP = "hang up"
"""An answer: close the line instead of answering."""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A mail for which the server has answered, or is just about to."""

    to: str
    message: EmailMessage

    @property
    def id(self) -> str:
        """The header by which a second copy can be told."""
        return str(self.message["Message-ID"])

    def part(self, kind: str = "plain") -> str:
        """One of its two forms, `plain` or `html`, as its reader sees it."""
        body = self.message.get_body((kind,))
        assert body is not None, f"it has no part {kind!r}"
        return str(body.get_content())


@dataclass
class Witness:
    """What the server answers, and the mails that it took."""

    answers: dict[str, str] = field(default_factory=dict)
    """By command: EHLO, MAIL, RCPT, DATA (asked to begin) and `.` (the mail's end)."""
    refused: dict[str, str] = field(default_factory=dict)
    """What RCPT is answered, by address."""
    refused_once: dict[str, str] = field(default_factory=dict)
    """The same, for the first time."""
    in_the_window: set[str] = field(default_factory=set)
    """The `Message-ID`s of mails that a test has brought into the one window: between the server's
    acceptance and our commit nobody can know, and they may come twice."""
    delay: float = 0.0
    """Seconds from the mail's end to the answer."""
    on_taken: Callable[[Taken], None] | None = None
    """Called when a mail is taken, and the client does not know it yet."""
    taken: list[Taken] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """The setting `EMAIL_URL` that leads here."""
        return f"smtp://127.0.0.1:{self.port}/?timeout=5"

    @property
    def mailers(self) -> dict[str, Any]:
        """The setting `MAILERS` that leads here."""
        return {
            "default": {
                "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                "OPTIONS": {"host": "127.0.0.1", "port": self.port, "timeout": 5},
            }
        }

    def ids(self) -> list[str]:
        """The `Message-ID`s of all mails that were taken; one in the window twice at most, and as
        one."""
        ids = [mail.id for mail in self.taken]
        for id_ in self.in_the_window:
            if ids.count(id_) == 2:
                ids.remove(id_)
        return ids

    def forget(self) -> None:
        """Forget what was taken, as a test does whose rows are rolled back."""
        self.taken.clear()

    @property
    def copies(self) -> Counter[str]:
        """How many mails each address got."""
        return Counter(mail.to for mail in self.taken)

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take a mail, unless told to refuse it, and answer."""
        answer = self.answers.get(".", "250 taken")
        if answer[:1] in "2h":
            content = envelope.content
            assert isinstance(content, bytes)
            message = message_from_bytes(content, policy=policy.default)
            for address in envelope.rcpt_tos:
                mail = Taken(to=address, message=message)
                self.taken.append(mail)
                if self.on_taken is not None:
                    self.on_taken(mail)
        if self.delay:
            await asyncio.sleep(self.delay)
        return answer


class _Server(SMTP):
    """aiosmtpd's server, which is asked to break its rules."""

    event_handler: Witness

    @override
    async def smtp_EHLO(self, hostname: str) -> None:
        if not await self._told("EHLO"):
            await super().smtp_EHLO(hostname)

    @override
    async def smtp_MAIL(self, arg: str | None) -> None:
        if not await self._told("MAIL"):
            await super().smtp_MAIL(arg)

    @override
    async def smtp_RCPT(self, arg: str | None) -> None:
        address = str(arg).partition("<")[2].partition(">")[0]
        once = self.event_handler.refused_once.pop(address, None)
        if not await self._told("RCPT", once or self.event_handler.refused.get(address)):
            await super().smtp_RCPT(arg)

    @override
    async def smtp_DATA(self, arg: str) -> None:
        if not await self._told("DATA"):
            await super().smtp_DATA(arg)

    @override
    async def push[Status: (str, bytes)](self, status: Status) -> None:
        if status == HANG_UP and isinstance(self.transport, asyncio.Transport):
            self.transport.abort()
        else:
            await super().push(status)

    async def _told(self, command: str, answer: str | None = None) -> bool:
        answer = answer or self.event_handler.answers.get(command)
        if answer is not None:
            await self.push(answer)
        return answer is not None


@contextmanager
def witness() -> Iterator[Witness]:
    """Run the server on a free port of this machine, in a thread."""
    server = Witness()
    loop = asyncio.new_event_loop()
    lines: list[_Server] = []

    def serve() -> SMTP:
        lines.append(_Server(server, hostname="witness", loop=loop))
        return lines[-1]

    async def start() -> asyncio.Server:
        return await loop.create_server(serve, "127.0.0.1", 0)

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    listener = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(_end(listener, lines), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _end(listener: asyncio.Server, lines: list[_Server]) -> None:
    listener.close()
    for line in lines:
        if isinstance(line.transport, asyncio.Transport):
            line.transport.abort()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    # The sockets are closed in the next round.
    await asyncio.sleep(0)
