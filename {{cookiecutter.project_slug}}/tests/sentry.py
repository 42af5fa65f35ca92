"""A server that takes what is reported to Sentry."""

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Sentry:
    """Listens on a port of its own and keeps the events of the envelopes that it gets."""

    def __init__(self) -> None:
        self.text = ""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def dsn(self) -> str:
        """Its address, as `SENTRY_DSN` wants it."""
        return f"http://key@127.0.0.1:{self._server.server_port}/1"

    def events(self) -> list[dict[str, Any]]:
        """Return the errors that were reported."""
        parts = [json.loads(line) for line in self.text.splitlines() if line.startswith("{")]
        return [part for part in parts if "level" in part]

    def __enter__(self) -> "Sentry":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sentry = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                sentry.text += body.decode() + "\n"
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing on standard error."""

        return Handler
