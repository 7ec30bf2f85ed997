"""What this process knows to be sold out, so that the losers of a rush cost microseconds.

Noted only from committed state and believed for a second at most: units that another process gave back are on
sale here again after that, whatever messages were lost.
"""

from collections.abc import Iterable
from time import monotonic

BELIEVED_FOR_SECONDS = 1.0

_known: dict[tuple[str, str | None], float] = {}


def remember(slot_id: str, deal_id: str | None) -> None:
    """Note that a committed transaction left nothing of this slot, or of this deal on it."""
    _known[slot_id, deal_id] = monotonic() + BELIEVED_FOR_SECONDS


def forget(slot_ids: Iterable[str]) -> None:
    """Forget what was noted of these slots: units came back."""
    gone = set(slot_ids)
    for place in [place for place in _known if place[0] in gone]:
        _known.pop(place, None)


def is_known(slot_id: str, deal_id: str | None) -> bool:
    """Tell whether the slot, or the deal on it, is known to be sold out at this moment."""
    if not _known:
        return False
    believed_until = _known.get((slot_id, deal_id)) or (deal_id and _known.get((slot_id, None)))
    return bool(believed_until and monotonic() < believed_until)
