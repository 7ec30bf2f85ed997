"""A viewer's seat in a room, for tests: what was said to it, one message at a time."""

import json
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, Self

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from marketplace.lib import clock
from marketplace.models import User
from streams.actions.tickets import issue_ticket
from tests.servers import Web

SECONDS = 10.0
AMBIENT = frozenset({"room.pulse", "chat.messages"})

Message = dict[str, Any]


class Seat:
    """One connection to a room. Pulses are passed over unless they are asked for."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        #: Everything that was received, in order, pulses included.
        self.heard: list[Message] = []

    def next(self, *types: str, seconds: float = SECONDS) -> Message:
        """Return the next message, or the next one of these types.

        Raises:
            TimeoutError: none came in time.
            ConnectionClosed: the server hung up.
        """
        while True:
            message: Message = json.loads(self.connection.recv(timeout=seconds))
            self.heard.append(message)
            if message["type"] in types or (not types and message["type"] not in AMBIENT):
                return message

    def fact(self, seq: int) -> Message:
        """Return the fact with this number, which must be the next one."""
        message = self.next()
        assert message.get("seq") == seq, message
        return message

    def say(self, type_: str, data: Message | None = None, *, id_: str = "1") -> None:
        """Send a command."""
        self.connection.send(json.dumps({"id": id_, "type": type_, "data": data or {}}))

    def close_code(self) -> int:
        """Return the code that the server closes with, passing over what it says before."""
        with pytest.raises(ConnectionClosed) as closed:
            self.next("nothing")
        assert closed.value.rcvd is not None
        return int(closed.value.rcvd.code)

    def leave(self) -> None:
        """Close the connection."""
        self.connection.close()


class Hall:
    """Opens seats in rooms of one server, and closes them in the end."""

    def __init__(self) -> None:
        self._connections = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._connections.close()

    def sit(
        self,
        web: Web,
        session_id: str,
        *,
        since: str = "",
        ticket: str = "",
        cookie: str = "",
        origin: str = "",
    ) -> Seat:
        """Connect to a room; nothing has been read."""
        query = "&".join(f"{name}={value}" for name, value in (("since", since), ("ticket", ticket)) if value)
        headers = {}
        if cookie:
            headers["Cookie"] = f"{settings.SESSION_COOKIE_NAME}={cookie}"
        if origin:
            headers["Origin"] = origin
        connecting = connect(
            f"{web.ws_url}/ws/v1/rooms/{session_id}" + (f"?{query}" if query else ""),
            subprotocols=[Subprotocol("room.v1")],
            additional_headers=headers,
            compression=None,
            open_timeout=SECONDS,
        )
        return Seat(self._connections.enter_context(connecting))


def ticket_for(person: User, *, age: timedelta = timedelta(0)) -> str:
    """Return a ticket that was issued to this person some time ago."""
    return issue_ticket(user=person, now=clock.now() - age).ticket


def cookie_for(person: User) -> str:
    """Return the session cookie of a browser in which this person has signed in."""
    session = SessionStore()
    session[SESSION_KEY] = person.pk
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def point(snapshot: Message) -> str:
    """Return the ``since`` that a snapshot's data stands for."""
    return f"{snapshot['epoch']}.{snapshot['seq']}"
