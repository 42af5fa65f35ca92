"""The demo site's address: a free port, and what the site answers on it."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import contextmanager

HOST = "127.0.0.1"


class NoPort(Exception):
    """There is no port that the site could have; the message says what to type."""


@contextmanager
def claimed(first: int, *, tries: int = 100) -> Iterator[int]:
    """The first port from `first` on that nobody listens on, and that no other demo gets meanwhile.

    Two demos that start together would both find it free, for neither's site listens yet. So each
    holds the same number among UDP's ports, which nobody needs and only one can have.
    Raises `NoPort` when no port is free, or when only an administrator may listen there.
    """
    for port in range(max(first, 1), min(first + tries, 65536)):
        with socket.socket(type=socket.SOCK_DGRAM) as claim:
            if is_free(port) and _holds(claim, port):
                yield port
                return
    raise NoPort(f"No port from {first} on is free. Name another: --port 8000")


def any_port() -> int:
    """A port that nobody listens on, and that nobody else is likely to take meanwhile."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Whether a server could listen on a port now. Raises `NoPort` when it never may."""
    with socket.socket() as probe:
        # As Django's server does: a port whose last connections are still closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError as error:
            raise NoPort(f"Port {port} is for administrators. Name another: --port 8000") from error
        except OSError:
            return False
    return True


def first_page_status(port: int) -> int | None:
    """The HTTP status of the site's first page, or `None` while nobody answers."""
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", "/", headers={"Host": f"localhost:{port}"})
        response = connection.getresponse()
        response.read()
        return response.status
    except OSError:
        return None
    finally:
        connection.close()


def _holds(claim: socket.socket, port: int) -> bool:
    try:
        claim.bind((HOST, port))
    except OSError:
        return False
    return True
