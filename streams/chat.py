"""The commands ``chat.send`` and ``like``: what is said gathers for a quarter of a second, then is decided.

Nobody is told that a message was accepted, and nobody else sees it, before it is stored: ``chat.accepted``
and ``chat.messages`` follow the commit. When the database is away messages wait, in their order.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import Any, NamedTuple

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError

from marketplace import limits, metrics
from marketplace.errors import Busy, Invalid, SignInRequired
from marketplace.lib import clock, ids
from streams import chat_rules, hub, protocol
from streams.actions.chat import Accepted, Draft, Outcome, Refused, say
from streams.hub import Connection
from streams.hub.database import DatabaseThread

logger = structlog.get_logger(__name__)

#: Messages decided in one transaction, and messages that may wait in this process.
BATCH = 500
MOST_WAITING = 10_000
GATHER_SECONDS = 0.25
RETRY_SECONDS = 1

AWAY = (OperationalError, InterfaceError)

LENGTH = f"text has 1 to {chat_rules.MAX_LENGTH} characters, one of them visible"


class _Waiting(NamedTuple):
    """A message, who sent it, and what its answer refers to."""

    draft: Draft
    connection: Connection
    command_id: str


class ChatDesk:
    """Takes what the viewers of this process say. Every method is called on the event loop."""

    def __init__(self, *, process: str) -> None:
        #: Set while messages wait.
        self.something = asyncio.Event()
        self._process = process
        self._waiting: deque[_Waiting] = deque()
        self._was_tried = False
        self._is_closed = False

    def send(self, connection: Connection, command_id: str, data: dict[str, Any]) -> None:
        """Take a message; its sender hears ``chat.accepted`` or ``error`` once it has been decided.

        Raises SignInRequired, Invalid, RateLimited, Busy: the message was not taken.
        """
        wrong = protocol.wrong_chat(data)
        if wrong is not None:
            raise Invalid(wrong, param="text")
        if connection.user_id is None:
            raise SignInRequired
        for name, subject in (("chat", connection.user_id), ("chat_room", connection.session_id)):
            verdict = limits.check_local(name, subject)
            if not verdict.allowed:
                raise verdict.refusal()
        try:
            text = chat_rules.clean(data["text"])
        except chat_rules.UnfitText:
            raise Invalid(LENGTH, param="text") from None
        if self._is_closed or len(self._waiting) >= MOST_WAITING:
            raise Busy(retry_after=RETRY_SECONDS)
        draft = Draft(ids.new_id("msg"), connection.session_id, connection.user_id, text, clock.now())
        self._waiting.append(_Waiting(draft, connection, command_id))
        self.something.set()

    def close(self) -> None:
        """Take no more messages; those that wait can still be flushed."""
        self._is_closed = True
        self.something.set()

    async def flush(self, database: DatabaseThread) -> bool:
        """Decide all that waits; False when the database is away and some still does."""
        while self._waiting:
            batch = list(islice(self._waiting, BATCH))
            drafts = [waiting.draft for waiting in batch]
            try:
                outcomes = await database.run(decide, drafts, process=self._process, again=self._was_tried)
            except AWAY as error:
                if not self._was_tried:
                    logger.warning("chat_waits", messages=len(self._waiting), error=str(error))
                self._was_tried = True
                return False
            if self._was_tried:
                logger.info("chat_goes_on", messages=len(self._waiting))
            self._was_tried = False
            for waiting, outcome in zip(batch, outcomes, strict=True):
                self._waiting.popleft()
                _answer(waiting, outcome)
        self.something.clear()
        return True


def decide(drafts: Sequence[Draft], *, process: str, again: bool) -> list[Outcome]:
    """Decide about messages; one that the database cannot take is refused alone, the others are not.

    Raises OperationalError or InterfaceError when the database is away.
    """
    try:
        return say(drafts, process=process, again=again)
    except AWAY:
        raise
    except DatabaseError:
        if len(drafts) == 1:
            logger.exception("chat_not_stored", message=drafts[0].id)
            return [Refused("internal_error", "The message could not be stored.")]
    middle = len(drafts) // 2
    parts = (drafts[:middle], drafts[middle:])
    return [outcome for part in parts for outcome in decide(part, process=process, again=True)]


def _answer(waiting: _Waiting, outcome: Outcome) -> None:
    connection, draft = waiting.connection, waiting.draft
    if isinstance(outcome, Accepted):
        metrics.CHAT_MESSAGES.labels(outcome="accepted").inc()
        connection.reply("chat.accepted", {"message": draft.id}, re=waiting.command_id)
        hub.say(draft.session_id, outcome.chat, keep=outcome.keep, author=connection)
    else:
        metrics.CHAT_MESSAGES.labels(outcome=outcome.code).inc()
        error = {"code": outcome.code, "message": outcome.message, **outcome.data}
        connection.reply("error", error, re=waiting.command_id)
