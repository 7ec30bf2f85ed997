"""What can be wrong with a purchase, an order or a payment."""

from marketplace.errors import (
    Busy,
    Conflict,
    DomainError,
    Forbidden,
    Gone,
    IdempotencyMismatch,
    Invalid,
    LimitReached,
)


class WrongOrderState(Conflict):
    """The order or payment is not in a state from which this can be done; ``data.state`` says where it is."""

    code = "wrong_order_state"
    message = "The order is not in a state that allows this."
    cure = "Read the order; its state says what can be done with it."


class UnitsClaimed(Conflict):
    """Other returns have these units of the line already; ``data.left`` says how many are free."""

    code = "units_claimed"
    message = "These units are in another return, or money went back for them."
    cure = "Ask for at most data.left units, or read the returns of the order."


class SoldOut(Conflict):
    """Fewer units are left than were asked for; ``data.left`` says how many."""

    code = "sold_out"
    message = "There are not that many units left."
    cure = "Ask for at most data.left units, or wait for stock.changed: unpaid orders give their units back."


class PriceChanged(Conflict):
    """The price is not the one that the buyer saw; ``data.price`` is the price now."""

    code = "price_changed"
    message = "The price has changed."
    cure = "Show the buyer data.price and, if they agree, buy at that price with a new idempotency key."


class DealClosed(Conflict):
    """The flash deal is over, has not begun, or belongs to another slot."""

    code = "deal_closed"
    message = "This deal is not open."
    cure = "Buy at the slot's live price, without a deal, or wait for the next deal.opened."


class NotOnSale(Conflict):
    """The slot does not exist, was taken off sale, or its product is no longer published."""

    code = "not_on_sale"
    message = "This is not on sale."
    cure = "Read the session's line-up and choose a slot with on_sale true."


class SessionNotLive(Conflict):
    """The session has not begun, pauses, rehearses, or is over."""

    code = "session_not_live"
    message = "Nothing can be bought in this session at the moment."
    cure = "Wait for session.started or session.resumed."


class Banned(Forbidden):
    """A moderator has banned the buyer from this show."""

    code = "banned"
    message = "You were banned from this show and cannot buy in it."
    cure = "Buy elsewhere, or ask the streamer to lift the ban."


#: The error that each refusal of admission becomes.
REFUSALS: dict[str, type[DomainError]] = {
    error.code: error
    for error in (
        SoldOut, PriceChanged, DealClosed, NotOnSale, Banned, SessionNotLive, LimitReached,
        IdempotencyMismatch, Busy, Invalid,
    )
}  # fmt: skip


class HoldExpired(Gone):
    """The time to pay is over and the units went back on sale; ``data.pay_by`` says when it ended."""

    code = "hold_expired"
    message = "The time to pay for this order is over."
    cure = "Buy again if there are still units."


class PaymentInProgress(Conflict):
    """The gateway is still working on a payment of this order; ``data.payment`` names it."""

    code = "payment_in_progress"
    message = "A payment of this order is still being worked on."
    cure = "Read the payment until it is captured or failed; only a failed one can be followed by another."


class GatewayAway(Busy):
    """The gateway gave no usable answer; whether it acted is found out later. ``data.payment`` names it."""

    code = "gateway_unavailable"
    message = "The payment gateway does not answer."
    cure = (
        "Send the same request with the same key again: nothing is charged twice. Or read the payment later."
    )


class CardRefused(Invalid):
    """The gateway does not take this for a card."""

    code = "card_refused"
    message = "The payment gateway does not accept this card number."
    cure = "Send a card number that the gateway knows; docs/orders.md lists the sandbox's."


class TrackingNumberTaken(Conflict):
    """The carrier's tracking number is already on another parcel."""

    code = "tracking_number_taken"
    message = "This tracking number belongs to another parcel."
    cure = "Check the number on the label; each parcel has its own."
