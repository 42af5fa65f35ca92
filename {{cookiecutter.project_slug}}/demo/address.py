"""The demo site's address: a free port, and what the site answers on it."""

import errno
import http.client
import socket

HOST = "127.0.0.1"


def free_port(first: int, *, tries: int = 100) -> int:
    """The first port from `first` on that nobody listens on; `OSError` when all are taken."""
    for port in range(first, min(first + tries, 65536)):
        if is_free(port):
            return port
    raise OSError(errno.EADDRINUSE, f"No port from {first} on is free; name another with --port")


def is_free(port: int) -> bool:
    """Whether a server could listen on a port now. Raises `PermissionError` when we never may."""
    with socket.socket() as probe:
        # As Django's server does: a port whose last connections are still closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise
        except OSError:
            return False
    return True


def first_page_status(port: int) -> int | None:
    """The HTTP status of the site's first page, or `None` while nobody answers."""
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", "/", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()
