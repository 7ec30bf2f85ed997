"""Viewers on real sockets, for tests that need a handful of them."""

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from marketplace.lib import clock
from marketplace.models import User
from streams.actions.tickets import issue_ticket
from streams.models import Session
from tests.servers import Web

Message = dict[str, Any]
PATIENCE = 10.0


class Viewer:
    """One connection to a room; keeps everything it has heard."""

    def __init__(self, web: Web, room: Session, person: User | None = None) -> None:
        url = f"{web.ws_url}/ws/v1/rooms/{room.id}"
        if person is not None:
            url += f"?ticket={issue_ticket(user=person, now=clock.now()).ticket}"
        self.heard: list[Message] = []
        self.close_code: int | None = None
        self._sent = 0
        self._open = ExitStack()
        self._socket = self._open.enter_context(
            connect(url, subprotocols=[Subprotocol("room.v1")], compression=None)
        )

    def enter(self) -> Self:
        """Wait for the snapshot."""
        self.wait_for("room.snapshot")
        return self

    def send(self, type_: str, **data: Any) -> str:
        """Send a command and return its id."""
        self._sent += 1
        command_id = f"c{self._sent}"
        self.send_text(json.dumps({"id": command_id, "type": type_, "data": data}))
        return command_id

    def send_text(self, text: str | bytes) -> None:
        """Send whatever it is as a text message."""
        self._socket.send(text, text=True)

    def ask(self, type_: str, **data: Any) -> Message:
        """Send a command and return the answer to it."""
        return self.answer_to(self.send(type_, **data))

    def say(self, text: Any) -> Message:
        """Say something and return the answer."""
        return self.ask("chat.send", text=text)

    def wait_until(self, holds: Callable[[], bool], *, seconds: float = PATIENCE) -> None:
        """Listen until a condition on what was heard holds."""
        deadline = time.monotonic() + seconds
        while not holds():
            if not self._listen(deadline - time.monotonic()):
                raise AssertionError(f"not in time; close code {self.close_code}; heard {self.heard}")

    def answer_to(self, command_id: str) -> Message:
        """Return the answer to a command."""
        return self.wait_for(lambda message: message.get("re") == command_id)

    def wait_for(self, what: str | Callable[[Message], object], *, seconds: float = PATIENCE) -> Message:
        """Return the first message of a type, or that fits, among those heard and those to come."""
        fits = what if callable(what) else lambda message: message["type"] == what
        deadline = time.monotonic() + seconds
        seen = 0
        while True:
            for message in self.heard[seen:]:
                seen += 1
                if fits(message):
                    return message
            if not self._listen(deadline - time.monotonic()):
                raise AssertionError(f"not heard: {what}; close code {self.close_code}; heard {self.heard}")

    def wait_closed(self, *, seconds: float = PATIENCE) -> int | None:
        """Wait until the server hangs up and return its code."""
        deadline = time.monotonic() + seconds
        while self._listen(deadline - time.monotonic()):
            pass
        return self.close_code

    def listen(self, seconds: float) -> list[Message]:
        """Hear what comes in this time; for what must not come, beside something that must."""
        deadline = time.monotonic() + seconds
        while self._listen(deadline - time.monotonic()):
            pass
        return self.heard

    def chats(self) -> list[Message]:
        """Return every chat message heard, in order."""
        shown = [message for message in self.heard if message["type"] == "chat.messages"]
        return [chat for message in shown for chat in message["data"]["messages"]]

    def texts(self) -> list[str]:
        """Return the texts of every chat message heard."""
        return [chat["text"] for chat in self.chats()]

    def close(self) -> None:
        """Leave."""
        self._open.close()

    def __enter__(self) -> Self:
        return self.enter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _listen(self, seconds: float) -> bool:
        """Hear one message; False when none came in time or the socket is closed."""
        try:
            text = self._socket.recv(timeout=max(0.0, seconds))
        except TimeoutError:
            return False
        except ConnectionClosed as closed:
            self.close_code = closed.rcvd.code if closed.rcvd else None
            return False
        self.heard.append(json.loads(text))
        return True
