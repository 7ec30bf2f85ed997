"""What was said about a product in the show before somebody bought it, with the way to that moment."""

from dataclasses import dataclass

from marketplace.storefront.context import replay_address
from orders.models import OrderLine
from streams.models import Session
from streams.queries.sayings import Saying, sayings_about


@dataclass(frozen=True, slots=True)
class Moment:
    """The moment of the show that an order line points at; ``replay`` is empty before the show is over."""

    title: str
    replay: str
    seq: int
    sayings: list[Saying]


def moment_of(line: OrderLine) -> Moment:
    """Return when a line was bought and what had been said about its product by then, oldest first."""
    session = Session.objects.get(id=line.session_id)
    replay = replay_address(session.id) if session.state == Session.State.ENDED else ""
    said = sayings_about(line.slot_id, session_id=session.id, until=line.seq)
    return Moment(session.title, replay, line.seq, said)
