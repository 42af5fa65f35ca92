"""A Redis with a password and a certificate, and a Sentinel that knows where it is."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.engine.server import START_SECONDS, answers, free_port, program

PASSWORD = "p@ss:word/1"
QUOTED = "p%40ss%3Aword%2F1"
NUMBER = 3
SERVICE = "shop"


def certificate(folder: Path) -> tuple[list[str], str]:
    """Make one for this machine; return the server's options, and what an address must say."""
    key, file = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(file)),
        ],
        check=True,
        capture_output=True,
    )
    options = ["--tls-cert-file", str(file), "--tls-key-file", str(key)]
    options += ["--tls-ca-cert-file", str(file), "--tls-auth-clients", "no"]
    return options, f"?ssl_ca_certs={file}"


def can_encrypt() -> bool:
    """Whether this machine has what a server with TLS takes."""
    executable = program()
    if executable is None or not shutil.which("openssl"):
        return False
    tried = [executable, "--port", "0", "--tls-port", "-1"]
    said = subprocess.run(tried, capture_output=True, text=True, check=False)
    # It complains of the number, or that it was built without TLS.
    return "Bad directive" not in said.stdout + said.stderr


@contextmanager
def encrypted(folder: Path) -> Iterator[str]:
    """A server that speaks TLS alone, and wants a password; yield its address."""
    options, query = certificate(folder)
    port = free_port()
    url = f"rediss://:{QUOTED}@127.0.0.1:{port}/{NUMBER}{query}"
    with _started(["--port", "0", "--tls-port", str(port), *_guarded(), *options], url):
        yield url


@contextmanager
def behind_sentinel(folder: Path, *, is_encrypted: bool) -> Iterator[str]:
    """A server that a Sentinel knows; yield the address by which it is asked for."""
    options, query = certificate(folder) if is_encrypted else ([], "")
    kind = "--tls-port" if is_encrypted else "--port"
    scheme = "rediss" if is_encrypted else "redis"
    options += ["--port", "0", "--tls-replication", "yes"] if is_encrypted else []
    server, sentinel = free_port(), free_port()
    configuration = folder / "sentinel.conf"
    configuration.write_text(
        f"sentinel monitor {SERVICE} 127.0.0.1 {server} 1\n"
        f"sentinel auth-pass {SERVICE} {PASSWORD}\n"
    )
    with (
        _started(
            [*options, kind, str(server), *_guarded()],
            f"{scheme}://:{QUOTED}@127.0.0.1:{server}/0{query}",
        ),
        _started(
            [str(configuration), "--sentinel", *options, kind, str(sentinel)],
            f"{scheme}://127.0.0.1:{sentinel}/0{query}",
        ),
    ):
        yield f"{scheme}+sentinel://:{QUOTED}@127.0.0.1:{sentinel}/{SERVICE}/{NUMBER}{query}"


def _guarded() -> list[str]:
    return ["--requirepass", PASSWORD, "--save", ""]


@contextmanager
def _started(options: Sequence[str], url: str) -> Iterator[None]:
    executable = program()
    assert executable
    with subprocess.Popen(
        [executable, *options], cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            ends = time.monotonic() + START_SECONDS
            while not answers(url):
                assert process.poll() is None, "it did not start"
                assert time.monotonic() < ends, "it does not answer"
                time.sleep(0.05)
            yield
        finally:
            process.kill()
