"""What the host said about a product by some moment of a show. Only reads."""

from dataclasses import dataclass
from datetime import datetime

from streams.models import RoomEvent

#: How many sentences are found, the last ones before the moment.
MOST = 3


@dataclass(frozen=True, slots=True)
class Saying:
    """A sentence of the host, when and where in the fact log it was said."""

    text: str
    at: datetime
    seq: int
    #: The attribute of the product that was stated, if one was.
    claim: str | None


def sayings_about(slot_id: str, *, session_id: str, until: int) -> list[Saying]:
    """Return the last sentences about a slot up to the fact ``until``, oldest first."""
    said = RoomEvent.objects.filter(session=session_id, type="host.said", seq__lte=until)
    about = said.filter(payload__slot=slot_id).order_by("-seq")[:MOST]
    return [
        Saying(fact.payload["text"], fact.at, fact.seq, fact.payload["claim"]) for fact in reversed(about)
    ]
