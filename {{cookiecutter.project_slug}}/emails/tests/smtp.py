"""A mail server of a few lines that answers as a test tells it to."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

HANG_UP = "hang up"
"""An answer: close the line instead of answering."""


@dataclass
class MailServer:
    """What the server answers to each command, and the mails that it took."""

    answers: dict[str, str] = field(default_factory=dict)
    """By command: EHLO, MAIL, RCPT, DATA (asked to begin) and `.` (the mail's end)."""
    taken: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def mailers(self) -> dict[str, Any]:
        """The setting `MAILERS` that leads here."""
        return {
            "default": {
                "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                "OPTIONS": {"host": "127.0.0.1", "port": self.port, "timeout": 5},
            }
        }


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run a mail server on a free port of this machine."""
    server = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 ready")
            while line := self.rfile.readline().decode().strip():
                command = line.split(maxsplit=1)[0].upper()
                if command == "QUIT":
                    return self.say("221 bye")
                if not self.answer(command, "354 go on" if command == "DATA" else "250 fine"):
                    return None
                if command == "DATA" and not self.take():
                    return None
            return None

        def answer(self, command: str, usual: str) -> bool:
            text = server.answers.get(command, usual)
            if text != HANG_UP:
                self.say(text)
            return text != HANG_UP

        def take(self) -> bool:
            if server.answers.get("DATA", "354").startswith("354"):
                lines = iter(lambda: self.rfile.readline().decode(), ".\r\n")
                mail = "".join(lines)
                if server.answers.get(".", "250")[:1] in "2h":
                    server.taken.append(mail)
                return self.answer(".", "250 taken")
            return True

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as listener:
        listener.daemon_threads = True
        server.port = listener.server_address[1]
        thread = threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown()
            thread.join()
