"""The simulator's WebSocket client, against chosen bytes and against another library's server."""

import asyncio
import base64
import hashlib
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve

from streams.simulator.socket import HandshakeFailed, RoomSocket, connect

pytestmark = pytest.mark.only_in("embedded")

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, MORE, CLOSE, PING, PONG = 0x1, 0x0, 0x8, 0x9, 0xA
SECONDS = 5

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def server_frame(opcode: int, payload: bytes, *, final: bool = True, bits: int = 0) -> bytes:
    size = len(payload)
    head = struct.pack("!B", (0x80 if final else 0) | bits | opcode)
    if size < 126:
        return head + struct.pack("!B", size) + payload
    if size < 65_536:
        return head + struct.pack("!BH", 126, size) + payload
    return head + struct.pack("!BQ", 127, size) + payload


async def read_frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Return opcode and payload of a client's frame, which must be masked."""
    first, second = await reader.readexactly(2)
    assert second & 0x80
    size = second & 0x7F
    assert size < 126
    mask = await reader.readexactly(4)
    body = await reader.readexactly(size)
    return first & 0x0F, bytes(byte ^ mask[number % 4] for number, byte in enumerate(body))


async def shake(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer a handshake as a server of the room does."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    assert "Sec-WebSocket-Protocol: room.v1\r\n" in head
    assert "Extensions" not in head
    key = next(line.split(": ")[1] for line in head.split("\r\n") if line.startswith("Sec-WebSocket-Key"))
    accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()  # noqa: S324
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"sec-websocket-protocol: room.v1\r\n" + f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
    )


@asynccontextmanager
async def serving(script: Script) -> AsyncIterator[str]:
    """Serve one script over raw bytes, and fail when it failed."""
    faults: list[BaseException] = []

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(SECONDS):
                await script(reader, writer)
        except BaseException as error:  # noqa: BLE001 - told below, in the test's own task
            faults.append(error)
        finally:
            writer.close()

    server = await asyncio.start_server(play, "127.0.0.1", 0)
    async with server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws/v1/rooms/ses_1?ticket=t"
    assert faults == []


class Ear:
    """What a client hears."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []
        self.lost: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()

    async def connect(self, url: str) -> RoomSocket:
        return await connect(url, self.texts.append, self.lost.set_result)

    async def code(self) -> int | None:
        async with asyncio.timeout(SECONDS):
            return await self.lost


async def test_fragments_pings_and_long_messages_arrive_whole() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await shake(reader, writer)
        frames = (
            server_frame(TEXT, b"one "),
            server_frame(TEXT, b"in ", final=False),
            server_frame(PING, b"there?"),
            server_frame(MORE, b"three ", final=False),
            server_frame(MORE, b"parts"),
            server_frame(TEXT, b"x" * 300),
        )
        for byte in b"".join(frames):
            writer.write(bytes([byte]))
            await asyncio.sleep(0)
        writer.write(server_frame(TEXT, b"y" * 70_000))
        said = [await read_frame(reader), await read_frame(reader)]
        assert sorted(said) == [(TEXT, b'{"id":"1"}'), (PONG, b"there?")]
        writer.write(server_frame(CLOSE, struct.pack("!H", 4408) + b"too slow"))
        assert await read_frame(reader) == (CLOSE, struct.pack("!H", 4408))

    async with serving(script) as url:
        ear = Ear()
        room = await ear.connect(url)
        room.send(b'{"id":"1"}')
        assert await ear.code() == 4408
        assert ear.texts == [b"one ", b"in three parts", b"x" * 300, b"y" * 70_000]
        room.send(b"into the void")
        assert not room.is_open


@pytest.mark.parametrize(
    "frame",
    (
        server_frame(TEXT, b"compressed", bits=0x40),
        b"\x81\x85\x00\x00\x00\x00hello",
        server_frame(MORE, b"of what?"),
        server_frame(TEXT, b"a", final=False) + server_frame(TEXT, b"b"),
    ),
    ids=("reserved bit", "masked", "continues nothing", "interrupted fragments"),
)
async def test_what_no_server_may_send_ends_the_connection(frame: bytes) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await shake(reader, writer)
        writer.write(frame)
        assert await read_frame(reader) == (CLOSE, struct.pack("!H", 1002))

    async with serving(script) as url:
        ear = Ear()
        await ear.connect(url)
        assert await ear.code() == 1002
        assert ear.texts == []


async def test_a_connection_that_breaks_has_no_code() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await shake(reader, writer)
        writer.write(server_frame(TEXT, b"half a mess")[:-4])

    async with serving(script) as url:
        ear = Ear()
        await ear.connect(url)
        assert await ear.code() is None
        assert ear.texts == []


@pytest.mark.parametrize(
    ("answer", "why"),
    (
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "503 Service Unavailable"),
        (b"HTTP/1.1 101 Hello\r\nSec-WebSocket-Accept: x\r\n\r\n", "not to this handshake"),
        (b"", "hung up during the handshake"),
    ),
)
async def test_a_handshake_that_fails_says_why(answer: bytes, why: str) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)

    async with serving(script) as url:
        with pytest.raises(HandshakeFailed, match=why):
            await Ear().connect(url)


async def test_it_talks_to_a_server_of_another_library() -> None:
    async def echo(connection: ServerConnection) -> None:
        async for text in connection:
            await connection.send(text)

    async with serve(echo, "127.0.0.1", 0, subprotocols=["room.v1"]) as server:  # type: ignore[list-item]
        ear = Ear()
        room = await ear.connect(f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/")
        sent = [b"short", b"m" * 1_000, b"l" * 100_000]
        for text in sent:
            room.send(text)
        async with asyncio.timeout(SECONDS):
            while len(ear.texts) < len(sent):  # noqa: ASYNC110 - the client has no queue to wait on
                await asyncio.sleep(0.01)
        assert ear.texts == sent
        room.close()
        await ear.code()
