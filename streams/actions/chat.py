"""Keeps what was message. One transaction for all that has gathered in a process."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from marketplace.lib import bulk
from marketplace.lib.atomic import action
from streams import figures
from streams.models import ChatMessage
from streams.queries.chat import message_to_wire

_TABLE = ChatMessage._meta.db_table  # noqa: SLF001 - Django's documented model API
_COLUMNS = ("id", "session_id", "author_id", "text", "at", "pinned", "deleted_at", "deleted_by")


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message that the rules have let through. ``counts`` is False in a rehearsal."""

    id: str
    session_id: str
    author_id: str
    author_name: str
    role: str
    text: str
    at: datetime
    counts: bool = True

    def to_wire(self) -> dict[str, Any]:
        """Return the message as the room shows it."""
        return message_to_wire(
            self.id,
            author_id=self.author_id,
            name=self.author_name,
            role=self.role,
            text=self.text,
            at=self.at,
        )


def store_messages(messages: Sequence[NewMessage], *, process: str) -> None:
    """Store messages and count them in their minutes, all or none.

    Raises:
        django.db.IntegrityError: one of them is stored already, or its author or session is gone.
    """
    rows = [
        (
            message.id[-32:],
            message.session_id[-32:],
            message.author_id[-32:],
            message.text,
            connection.ops.adapt_datetimefield_value(message.at),
            False,
            None,
            "",
        )
        for message in messages
    ]
    minutes = Counter(
        (message.session_id, figures.minute_of(message.at)) for message in messages if message.counts
    ).items()
    with action():
        bulk.insert(_TABLE, _COLUMNS, rows)
        figures.add_all(
            figures.Count(session_id, minute, process, chats=chats) for (session_id, minute), chats in minutes
        )
