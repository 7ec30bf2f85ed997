"""Magic card numbers: what the company does with each, as data. docs/payments.md shows the same table.

All numbers are test numbers; the company refuses every other, so that nobody types a real card into a
sandbox.
"""

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

#: A payment that is still processing after this is given up by the company.
PAYMENT_LIFE = timedelta(hours=24)
#: Longer than any client of ours waits for an answer.
HANG_SECONDS = 10

PaymentOutcome = Literal["captured", "failed"]
RefundOutcome = Literal["done", "failed"]

_LATE_CARD_DIGITS = 16
_NOT_DIGITS = re.compile(r"[ -]")
_NUMBER = re.compile(r"[0-9]{12,19}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """One delivery, ``after`` seconds from the outcome; equal ``message`` numbers share a webhook id."""

    after: int = 0
    message: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """How the company behaves towards a card.

    ``answer_after`` is the number of seconds from request to outcome; 0 puts the outcome into the HTTP answer
    and None means that there never is one. ``sendings`` are the webhooks about the payment,
    ``refund_sendings`` about each refund. ``stale_failure_after`` is when, from the outcome, the failure of
    an earlier try is told. ``webhook_first`` answers ``processing`` only after the outcome's webhook has been
    delivered; ``hangs`` answers HTTP after HANG_SECONDS; ``stumbles`` answers 500 to the first request with a
    given idempotency key.
    """

    name: str
    does: str
    outcome: PaymentOutcome = "captured"
    failure_code: str = ""
    answer_after: int | None = 0
    sendings: tuple[Sending, ...] = (Sending(),)
    stale_failure_after: int | None = None
    webhook_first: bool = False
    hangs: bool = False
    stumbles: bool = False
    refund_outcome: RefundOutcome = "done"
    refund_after: int = 0
    refund_sendings: tuple[Sending, ...] = (Sending(),)


_SAME_ID_TWICE = (Sending(), Sending())
_TWO_IDS = (Sending(message=0), Sending(message=1))

#: How the company tells of its payouts, by number in turn: once, twice under one id, twice under two, so late
#: that the next one is told before, and not at all.
PAYOUT_SENDINGS: tuple[tuple[Sending, ...], ...] = (
    (Sending(),),
    _SAME_ID_TWICE,
    _TWO_IDS,
    (Sending(after=5 * 86_400),),
    (),
)

#: Card number to behaviour.
CARDS: dict[str, Scenario] = {
    "4242424242424242": Scenario(name="approve", does="Captured in the HTTP answer; webhook at once."),
    "4000000000009995": Scenario(
        name="insufficient_funds",
        does="Fails with `insufficient_funds`; webhook at once.",
        outcome="failed",
        failure_code="insufficient_funds",
    ),
    "4000000000000002": Scenario(
        name="card_declined",
        does="Fails with `card_declined`; webhook at once.",
        outcome="failed",
        failure_code="card_declined",
    ),
    "4000000000000069": Scenario(
        name="expired_card",
        does="Fails with `expired_card`; webhook at once.",
        outcome="failed",
        failure_code="expired_card",
    ),
    "4000010000000019": Scenario(
        name="never_answers",
        does="Stays `processing`, no webhook ever. After 24 h a query finds it failed, `payment_expired`.",
        answer_after=None,
        sendings=(),
    ),
    "4000010000000027": Scenario(
        name="answers_twice",
        does="Processing, captured after 1 s; every webhook, of refunds too, comes twice under one id.",
        answer_after=1,
        sendings=_SAME_ID_TWICE,
        refund_sendings=_SAME_ID_TWICE,
    ),
    "4000010000000035": Scenario(
        name="answers_twice_two_ids",
        does="Processing, captured after 1 s; every webhook, of refunds too, comes twice under two ids.",
        answer_after=1,
        sendings=_TWO_IDS,
        refund_sendings=_TWO_IDS,
    ),
    "4000010000000043": Scenario(
        name="webhook_first",
        does="Captured; the webhook arrives before the HTTP answer, which still says `processing`.",
        webhook_first=True,
    ),
    "4000010000000050": Scenario(
        name="stale_failure",
        does="Processing, captured after 1 s; 2 s later `payment.failed` of an earlier try, its `at` older.",
        answer_after=1,
        stale_failure_after=2,
    ),
    "4000010000000068": Scenario(
        name="refund_first",
        does="Captured in the HTTP answer, its webhook 10 s later; `refund.done` at once, even before.",
        sendings=(Sending(after=10),),
    ),
    "4000010000000076": Scenario(
        name="hangs",
        does=f"No HTTP answer for {HANG_SECONDS} s, longer than clients wait; then captured, with webhook.",
        answer_after=HANG_SECONDS,
        hangs=True,
    ),
    "4000010000000084": Scenario(
        name="error_once",
        does="HTTP 500 and no payment; the same request again, with the same key, is captured.",
        stumbles=True,
    ),
    "4000010000000092": Scenario(
        name="refund_fails",
        does="Captured in the HTTP answer; every refund fails after 2 s, `refund_declined`.",
        refund_outcome="failed",
        refund_after=2,
    ),
    "4000010000000100": Scenario(
        name="refund_late",
        does="Captured in the HTTP answer; every refund is done after 60 s.",
        refund_after=60,
    ),
}

#: First eight of 16 digits: the next seven are the seconds until the outcome, the last is the check digit.
LATE_CARDS: dict[str, Scenario] = {
    "40000800": Scenario(
        name="captured_late", does="Processing, captured after the seconds in digits 9 to 15; webhook then."
    ),
    "40000900": Scenario(
        name="declined_late",
        does="Processing, fails with `card_declined` after the seconds in digits 9 to 15; webhook then.",
        outcome="failed",
        failure_code="card_declined",
    ),
}

_BY_NAME = {scenario.name: scenario for scenario in (*CARDS.values(), *LATE_CARDS.values())}


def late_card(seconds: int, *, prefix: str = "40000800") -> str:
    """Return the number of a card that answers after this many seconds, 1 to 9,999,999."""
    digits = f"{prefix}{seconds:07d}"
    return digits + str(-_luhn_sum(digits + "0") % 10)


def digits_of(card: str) -> str | None:
    """Return a card number without blanks and dashes; None when it is none or its check digit is wrong."""
    digits = _NOT_DIGITS.sub("", card)
    return digits if _NUMBER.fullmatch(digits) and _luhn_sum(digits) % 10 == 0 else None


def scenario_of(digits: str) -> Scenario | None:
    """Return what the company does with a card; None when it is not a test card."""
    late = LATE_CARDS.get(digits[:8]) if len(digits) == _LATE_CARD_DIGITS else None
    return CARDS.get(digits) if late is None else replace(late, answer_after=int(digits[8:15]))


def scenario_named(name: str) -> Scenario:
    """Return the scenario that a stored payment names; of a late card, all but the seconds."""
    return _BY_NAME[name]


def _luhn_sum(digits: str) -> int:
    odd = sum(int(digit) for digit in digits[-1::-2])
    return odd + sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
