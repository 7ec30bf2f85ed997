"""Returns in plain words, as their buyer reads them. What may be done when is decided in ``refunds``."""

from dataclasses import dataclass
from datetime import datetime

from marketplace.errors import DomainError, IdempotencyMismatch
from refunds.errors import NotReturnable
from refunds.models import Return, ReturnHistory
from refunds.policy import Reason, Type
from refunds.return_states import State, by_whom, next_actions

REASONS: dict[str, str] = {
    Reason.NO_REASON: "I changed my mind",
    Reason.NOT_AS_DESCRIBED: "It is not as described in the show",
    Reason.DAMAGED: "It arrived damaged",
    Reason.NOT_RECEIVED: "It has not arrived",
    Reason.WRONG_ITEM: "Something else arrived",
    Reason.QUALITY: "Its quality is poor",
    Reason.OTHER: "Another reason",
}

TYPES: dict[str, str] = {
    Type.RETURN_AND_REFUND: "I send it back and get my money",
    Type.REFUND_ONLY: "I get my money and send nothing back",
}

#: Why nothing of a line can be asked for, or not this way.
WHY: dict[str, str] = {
    "not_paid": "This order has not been paid.",
    "on_its_way": "The parcel is on its way. If it has not arrived a week after it was sent, ask here.",
    "window_over": "The time to ask for this back is over.",
    "already_claimed": "All units have been asked for already.",
    "closed": "This was cancelled or refunded: there is nothing left to ask for.",
    "reason": "This reason cannot be given here. Choose one of those below.",
    "type": "With this reason it goes the other way: choose the other answer to “What should happen?”.",
    "share": "With this reason the whole price is asked for: leave the share at 100 per cent.",
    "units": "So many cannot be asked for: it is all units before it ships, afterwards those that are left.",
    "amount": "There is no money left on this line that could go back.",
}

#: What a return's badge says.
STATES: dict[str, str] = {
    State.REQUESTED: "asked for",
    State.OFFERED: "offer made",
    State.APPROVED: "approved",
    State.IN_TRANSIT: "on its way back",
    State.RECEIVED: "arrived back",
    State.REJECTED: "refused",
    State.REFUSED: "goods not accepted",
    State.DISPUTED: "in dispute",
    State.REFUNDED: "refunded",
    State.ACCEPTED: "offer accepted",
    State.DECIDED_FOR_BUYER: "decided for you",
    State.DECIDED_FOR_SELLER: "decided for the seller",
    State.WITHDRAWN: "withdrawn",
    State.CLOSED: "closed",
}

#: Where a return stands, in a sentence; the money is spoken of beside it.
NOW: dict[str, str] = {
    State.REQUESTED: "The seller has your request.",
    State.OFFERED: "The seller offers a part of what you asked for. If you accept, you keep the goods.",
    State.APPROVED: "The seller agrees. Send the goods back and say here in which parcel.",
    State.IN_TRANSIT: "Your parcel is on its way to the seller.",
    State.RECEIVED: "The seller has your parcel and is looking at the goods.",
    State.REJECTED: "The seller refused. If you do not agree, ask the platform to decide.",
    State.REFUSED: "The seller did not accept the goods. If you do not agree, ask the platform to decide.",
    State.DISPUTED: "The platform's staff look at what both sides said and showed, and decide.",
    State.REFUNDED: "It is done: your money goes back.",
    State.ACCEPTED: "You accepted the offer: that money goes back and you keep the goods.",
    State.DECIDED_FOR_BUYER: "The platform decided for you: your money goes back.",
    State.DECIDED_FOR_SELLER: "The platform decided for the seller. Nothing goes back.",
    State.WITHDRAWN: "You took this request back. As long as there is time you can ask again.",
    State.CLOSED: "This is closed, and nothing went back for it. As long as there is time you can ask again.",
}

WHOSE_TURN: dict[str, str] = {
    "buyer": "It is your turn",
    "seller": "It is the seller's turn",
    "staff": "It is the platform's turn",
}

#: What happens by itself when nobody acts, by the default's name.
OTHERWISE: dict[str, str] = {
    "approve": "your request is approved by itself",
    "decline_offer": "the offer lapses, and the seller has to answer your request anew",
    "close": "this is closed, and nothing goes back",
    "refund": "your money goes back by itself",
    "decide_for_buyer": "it is decided for you by itself",
}

_WHO: dict[str, str] = {"buyer": "You", "seller": "The seller", "staff": "The platform's staff"}

#: What a party did to bring a return into a state.
_DID: dict[str, str] = {
    State.REQUESTED: "asked for money back",
    State.OFFERED: "made an offer",
    State.APPROVED: "approved the request",
    State.IN_TRANSIT: "sent the goods back",
    State.RECEIVED: "received the parcel",
    State.REJECTED: "refused the request",
    State.REFUSED: "did not accept the goods",
    State.DISPUTED: "asked the platform to decide",
    State.REFUNDED: "gave the money back",
    State.ACCEPTED: "accepted the offer",
    State.DECIDED_FOR_BUYER: "decided for you",
    State.DECIDED_FOR_SELLER: "decided for the seller",
    State.WITHDRAWN: "took the request back",
    State.CLOSED: "ended it by cancelling the order",
}

#: What happened by itself.
_HAPPENED: dict[str, str] = {
    State.REQUESTED: "The offer lapsed, because it was not answered in time",
    State.APPROVED: "Approved, because the seller did not answer in time",
    State.REFUNDED: "The money goes back, because the seller did not answer in time",
    State.DECIDED_FOR_BUYER: "Decided for you, because the time to decide was over",
    State.CLOSED: "Closed, because the time was over",
}
_TRUSTED: dict[str, str] = {
    State.APPROVED: "Approved at once, because you are a trusted buyer",
    State.REFUNDED: "The money goes back at once",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is, until when, and what happens otherwise."""

    whose: str
    until: datetime
    otherwise: str


def turn_of(case: Return) -> Turn | None:
    """Return whose turn it is; None when the return is over."""
    for step in next_actions(case):
        if step.deadline is not None and step.default_on_timeout is not None:
            return Turn(WHOSE_TURN[step.actor], step.deadline, OTHERWISE[step.default_on_timeout])
    return None


def told(step: ReturnHistory) -> str:
    """Return what happened in a step of a return, as a sentence without its full stop."""
    by = by_whom(step)
    if by in _WHO:
        declined = step.to_state == State.REQUESTED and step.from_state == State.OFFERED
        return f"{_WHO[by]} {'declined the offer' if declined else _DID[step.to_state]}"
    return (_TRUSTED if by == "trust" else _HAPPENED)[step.to_state]


def sentence(error: DomainError) -> str:
    """Return a refusal as its buyer reads it."""
    if isinstance(error, NotReturnable):
        return WHY.get(str(error.data.get("why")), error.message)
    if isinstance(error, IdempotencyMismatch):
        return (
            "This form was sent before with other answers. It has been renewed: look at it and send it again."
        )
    return error.message
