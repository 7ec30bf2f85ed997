"""The room's WebSocket application, ``/ws/v1/rooms/{session_id}``.

Under our own server a viewer has no task: after the handshake the socket belongs to the hub and this
application returns. Under another ASGI server it stays, between ``receive``, ``send`` and the hub.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from marketplace.errors import DomainError
from marketplace.lib import clock
from marketplace.lib.ids import is_id
from streams import door, hub, protocol
from streams.door import Arrival, TurnedAway
from streams.hub import Connection, Hub
from streams.hub.asgi_socket import AsgiSocket
from streams.hub.database import DatabaseThread
from streams.protocol import BadFrame, CloseCode, ErrorCode, Malformed, ResumePoint

log = structlog.get_logger(__name__)

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
#: Answers a command, now or later, by ``connection.reply(type, data, re=command_id)``. It is called on the
#: event loop and must not block. A DomainError that it raises becomes an ``error``.
CommandHandler = Callable[[Connection, str, dict[str, Any]], None]

EXTENSION = "room.broadcast"
#: Messages that are kept for a visitor who speaks before they are in.
MOST_WAITING = 16


def room_application(*, commands: Mapping[str, CommandHandler]) -> "RoomApplication":
    """Return the ASGI application for a route that names ``session_id``.

    Args:
        commands: who handles what viewers say, by message type, beside the room's own commands.
    """
    return RoomApplication({**OWN_COMMANDS, **commands})


class RoomApplication:
    """Lets visitors in and hands what they say to the handlers of their commands."""

    def __init__(self, commands: Mapping[str, CommandHandler]) -> None:
        self._commands = commands
        self._database = DatabaseThread("room-door")
        self._visit: Visit | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one WebSocket."""
        arrival = Arrival.from_scope(scope)
        await receive()
        if arrival.is_forged:
            await send({"type": "websocket.close"})
            return
        spoken = protocol.SUBPROTOCOL if protocol.SUBPROTOCOL in arrival.subprotocols else None
        await send({"type": "websocket.accept", "subprotocol": spoken})
        visit = self._present_visit()
        connection = Connection(arrival.session_id, visit)
        extension = scope.get("extensions", {}).get(EXTENSION)
        if extension is not None:
            connection.socket = extension["attach"](connection)
            await self._let_in(connection, arrival, visit)
        else:
            connection.socket = below = AsgiSocket(send, connection)
            await self._let_in(connection, arrival, visit)
            await below.run(receive)

    def _present_visit(self) -> "Visit":
        present = hub.running()
        if self._visit is None or self._visit.hub is not present:
            self._visit = Visit(present, self._commands)
        return self._visit

    async def _let_in(self, connection: Connection, arrival: Arrival, visit: "Visit") -> None:
        try:
            since = arrival.resume_point()
            await self._identify(connection, arrival, visit.hub)
            await self._enter(connection, since, visit)
        except TurnedAway as refusal:
            connection.close(refusal.code, refusal.reason)
        except Exception:
            log.exception("room_entrance_failed", session=arrival.session_id)
            connection.close(CloseCode.GOING_DOWN, "try again")

    async def _identify(self, connection: Connection, arrival: Arrival, own_hub: Hub) -> None:
        if not is_id(arrival.session_id, "ses"):
            raise TurnedAway(CloseCode.NO_SUCH_ROOM, "no such room")
        room = own_hub.room(arrival.session_id)
        is_public = room is not None and room.is_public
        if not arrival.is_nobody or not is_public:
            connection.user_id = await self._database.run(
                door.identify, arrival, is_public=is_public, now=clock.now()
            )
        connection.viewer = connection.user_id or f"anon_{secrets.token_hex(12)}"

    async def _enter(self, connection: Connection, since: ResumePoint | None, visit: "Visit") -> None:
        await visit.hub.enter(connection, since)
        waiting, connection.waiting = connection.waiting or [], None
        for payload in waiting:
            visit.heard(connection, payload)


class Visit:
    """What connections tell when they hear something, stall or are lost; one serves them all."""

    def __init__(self, own_hub: Hub, commands: Mapping[str, CommandHandler]) -> None:
        self.hub = own_hub
        self._commands = commands

    def heard(self, connection: Connection, payload: bytes) -> None:
        """Have a command handled."""
        if connection.waiting is not None:
            self._keep(connection, payload)
            return
        try:
            command = protocol.parse_command(payload)
        except BadFrame:
            connection.close(CloseCode.BAD_FRAME, "not UTF-8")
            return
        except Malformed as error:
            connection.fail(ErrorCode.MALFORMED, str(error), re=error.re)
            return
        handler = self._commands.get(command.type)
        if handler is None:
            connection.fail(ErrorCode.UNKNOWN_TYPE, "There is no such command.", re=command.id)
            return
        try:
            handler(connection, command.id, command.data)
        except DomainError as refusal:
            connection.reply("error", error_data(refusal), re=command.id)
        except Exception:
            log.exception("room_command_failed", command=command.type)
            connection.fail(ErrorCode.INTERNAL, "Something went wrong on our side.", re=command.id)

    def stalled(self, connection: Connection, stalled: bool) -> None:
        """Have the hub watch a connection that does not read."""
        self.hub.stalled(connection, stalled)

    def lost(self, connection: Connection) -> None:
        """Have the hub forget a connection."""
        self.hub.lost(connection)

    def _keep(self, connection: Connection, payload: bytes) -> None:
        waiting = connection.waiting
        if waiting is None or len(waiting) >= MOST_WAITING:
            connection.close(CloseCode.TOO_FAST, "speaking before being let in")
        else:
            waiting.append(payload)


def error_data(refusal: DomainError) -> dict[str, Any]:
    """Return the data of the ``error`` that a refusal is."""
    data: dict[str, Any] = {"code": refusal.code, "message": refusal.message, **refusal.data}
    if refusal.param:
        data["param"] = refusal.param
    if refusal.retry_after is not None:
        data["retry_after"] = refusal.retry_after
    return data


def answer_ping(connection: Connection, command_id: str, data: dict[str, Any]) -> None:
    """Answer ``ping`` with the server's time, in the envelope."""
    del data
    connection.reply("pong", {}, re=command_id)


OWN_COMMANDS: dict[str, CommandHandler] = {"ping": answer_ping}
