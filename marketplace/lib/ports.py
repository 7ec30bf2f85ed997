"""Where servers listen: is a port free, how does a browser write the address, does somebody answer."""

import errno
import socket
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

_ANSWER_SECONDS = 2.0
#: Addresses that mean "every one of this machine's", and one of them that a browser can be sent to.
_WITHIN_REACH = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - only compared
_LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")


class PortTaken(Exception):
    """A server cannot listen there; the message says why and what to do."""


def require_free(host: str, port: int, *, command: str) -> None:
    """Check that a server can listen; ``command`` is what people typed, for the message.

    A process that shares its port with others would join those that are there, unnoticed.

    Raises:
        PortTaken: the port is in use, or no port of this machine's.
    """
    with socket.socket(_family(host)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except (OSError, OverflowError) as error:
            if getattr(error, "errno", None) != errno.EADDRINUSE:
                raise PortTaken(f"Nothing can listen on port {port} of {host}: {error}") from None
            raise PortTaken(
                f"Port {port} of {host} is in use: stop what listens there, "
                f"or choose another with {command} PORT={port + 1}."
            ) from None


def url_of(host: str, port: int) -> str:
    """Return the address of a server for a browser on this machine, without a slash at the end."""
    host = _WITHIN_REACH.get(host, host)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def names_served(host: str) -> str:
    """Return ALLOWED_HOSTS for a server that listens there: this machine's names and that address."""
    own = f"[{host}]" if ":" in host else host
    return ",".join(dict.fromkeys((*_LOCAL_NAMES, own)))


def is_own(host: str) -> bool:
    """Tell whether a name or address is one of this machine's: a socket can be bound to it."""
    try:
        with socket.socket(_family(host)) as probe:
            probe.bind((host, 0))
    except OSError:
        return False
    return bool(host)  # no address at all would be every one of them


def is_ready(url: str) -> bool:
    """Tell whether a server's /readyz answers 200."""
    try:
        with closing(HTTPConnection(url.removeprefix("http://"), timeout=_ANSWER_SECONDS)) as connection:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
