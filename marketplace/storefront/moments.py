"""What was said about a product in the show before somebody bought it, with the way to that moment."""

from dataclasses import dataclass
from datetime import datetime

from marketplace.storefront.context import replay_address
from orders.models import OrderLine
from streams.models import RoomEvent, Session

#: How many sentences are shown, the last ones before the purchase.
MOST = 3


@dataclass(frozen=True, slots=True)
class Saying:
    """A sentence of the host, when it was said, and where it can be heard again."""

    text: str
    at: datetime
    #: The attribute of the product that was stated, if one was.
    claim: str | None
    address: str


@dataclass(frozen=True, slots=True)
class Moment:
    """The moment of the show that an order line points at; ``address`` is empty before the show is over."""

    title: str
    address: str
    sayings: list[Saying]


def moment_of(line: OrderLine) -> Moment:
    """Return when a line was bought and what had been said about its product by then, oldest first."""
    session = Session.objects.get(id=line.session_id)
    is_over = session.state == Session.State.ENDED
    replay = replay_address(session.id) if is_over else ""
    facts = RoomEvent.objects.filter(session=session, type="host.said", seq__lte=line.seq)
    about = facts.filter(payload__slot=line.slot_id).order_by("-seq")[:MOST]
    sayings = [
        Saying(fact.payload["text"], fact.at, fact.payload["claim"], replay and f"{replay}?seq={fact.seq}")
        for fact in about
    ]
    return Moment(session.title, replay and f"{replay}?seq={line.seq}", sayings[::-1])
