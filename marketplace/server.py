"""The web server: uvicorn with a WebSocket class that lets the room take a socket over.

The ASGI extension ``room.broadcast`` is ``{"attach": attach}``, with ``attach(receiver) -> RoomSocket``. An
application calls it right after ``websocket.accept``: the transport then belongs to a small RoomSocket,
the ASGI task may end, and uvicorn's handshake objects are freed. A viewer costs 3 KB instead of 19.
"""

import argparse
import asyncio
import gc
import os
import resource
import socket
import sys
from collections.abc import Sequence
from typing import Any

import uvicorn
from django.conf import settings
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from marketplace.lib.sockets import MAX_MESSAGE, Receiver, RoomSocket

EXTENSION = "room.broadcast"
KERNEL_BUFFER = 32 * 1024
#: How long the event loop may keep the admission thread waiting after each answer of the database.
SWITCH_SECONDS = 0.0005
GRACE_SECONDS = 8
BACKLOG = 4096


class RoomProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket class, able to hand its transport over to a RoomSocket."""

    def handle_connect(self, event: Any) -> None:
        """Offer the extension in the scope of every WebSocket."""
        super().handle_connect(event)
        if hasattr(self, "scope"):
            self.scope["extensions"][EXTENSION] = {"attach": self.attach}

    def attach(self, receiver: Receiver) -> RoomSocket:
        """Hand the accepted socket over; the ASGI task's receive and send are of no use afterwards."""
        transport = self.transport
        kernel = transport.get_extra_info("socket")
        kernel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)
        room_socket = RoomSocket(transport, receiver, self.connections)
        self.stop_keepalive()
        self.connections.discard(self)
        self.connections.add(room_socket)  # type: ignore[arg-type]
        self.transport = _HANDED_OVER
        self.conn.parser.close()
        del self.scope["extensions"][EXTENSION]
        transport.set_protocol(room_socket)
        return room_socket


class _HandedOver(asyncio.Transport):
    """What uvicorn's protocol holds once its transport is another's."""

    def close(self) -> None:
        """Leave the socket open."""

    def is_closing(self) -> bool:
        """Keep uvicorn from writing."""
        return True


_HANDED_OVER = _HandedOver()


def serve(
    app: str,
    *,
    host: str,
    port: int,
    fd: int | None = None,
    own_port: int | None = None,
    trusted_proxies: Sequence[str] = ("127.0.0.1",),
) -> None:
    """Serve an ASGI application until SIGTERM or SIGINT; several processes may share one port.

    Args:
        app: import path such as ``marketplace.asgi:application``.
        host: address to listen on, unless ``fd`` is given.
        port: TCP port, unless ``fd`` is given.
        fd: descriptor of a socket that already listens.
        own_port: one more port, of 127.0.0.1, that reaches this process and none that shares the other.
        trusted_proxies: addresses and networks whose X-Forwarded-For and -Proto are believed.
    """
    gc.disable()  # until all is imported: what is imported stays
    _allow_many_sockets()
    sys.setswitchinterval(SWITCH_SECONDS)
    listeners = [socket.socket(fileno=fd) if fd is not None else _listen(host, port)]
    if own_port is not None:
        listeners.append(_listen("127.0.0.1", own_port))
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http="httptools",
        ws=RoomProtocol,
        ws_max_size=MAX_MESSAGE,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=list(trusted_proxies),
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    config.load()
    _spare_the_collector()
    uvicorn.Server(config).run(sockets=listeners)


def _listen(host: str, port: int) -> socket.socket:
    """Bind a socket that other processes may bind too; the kernel shares connections out among them."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it, the body of every answer
    # waits 40 ms for the client to acknowledge the head.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((host, port))
    return listener


def _spare_the_collector() -> None:
    """Keep garbage collection from walking all modules and viewers every few hundred handshakes."""
    gc.freeze()  # with what little garbage the imports made: to look for it would take a tenth of the start
    gc.set_threshold(10_000, 50, 100)
    gc.enable()


def _allow_many_sockets() -> None:
    """Raise this process's limit of open files to what the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main() -> None:
    """Run the web process from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m marketplace.server", description="Serve the marketplace."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--fd", type=int, help="descriptor of a listening socket, instead of host and port")
    parser.add_argument(
        "--own-port", type=int, help="one more port, of 127.0.0.1, that only this process listens on"
    )
    parser.add_argument("--app", default="marketplace.asgi:application")
    given = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    serve(
        given.app,
        host=given.host,
        port=given.port,
        fd=given.fd,
        own_port=given.own_port,
        trusted_proxies=settings.TRUSTED_PROXIES,
    )


if __name__ == "__main__":
    main()
