"""What came back of the past shows: who asks for what, and how far it has come when the demo is made."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from marketplace.models import BrandMember, User
from marketplace.permissions import Role
from orders.carrier import new_tracking_number, timeline
from refunds.actions import answer_return as answers
from refunds.actions import carry_return as goods
from refunds.actions.dispute_return import decide_return, dispute_return
from refunds.models import Return
from refunds.policy import Reason, Type
from refunds.return_states import State

#: What is asked back arrived at least so quickly, so that there is time for what follows.
ARRIVES_WITHIN = timedelta(hours=30)
CARRIER = "Hawker Express"

#: Takes a step of a return at a moment.
Step = Callable[[Return, datetime], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a purchase comes back.

    Attributes:
        reason: why; its goods come back unless ``type`` says otherwise.
        text: what the buyer says.
        path: what happens in each state; where it says nothing the return is left to its deadline.
        shows: the motif of the picture that the buyer shows, if any.
        share: per cent of the price that are claimed.
        waits: how long before the demo is made the buyer asks; None to ask as soon as it is there.
    """

    reason: str
    text: str
    path: Mapping[str, Step] = field(default_factory=dict)
    type: str = Type.RETURN_AND_REFUND
    shows: str = ""
    share: int = 100
    waits: timedelta | None = None


def _approve(case: Return, now: datetime) -> None:
    answers.approve_return(return_id=case.id, actor=_seller(case), note="Please send it to us.", now=now)


def _reject(why: str) -> Step:
    def reject(case: Return, now: datetime) -> None:
        answers.reject_return(return_id=case.id, actor=_seller(case), note=why, now=now)

    return reject


def _offer(percent: int, why: str) -> Step:
    def offer(case: Return, now: datetime) -> None:
        part = case.amount * percent // 100
        answers.offer_refund(return_id=case.id, amount=part, actor=_seller(case), note=why, now=now)

    return offer


def _accept(case: Return, now: datetime) -> None:
    answers.accept_offer(return_id=case.id, actor=case.buyer_id, now=now)


def _withdraw(case: Return, now: datetime) -> None:
    answers.withdraw_return(return_id=case.id, actor=case.buyer_id, now=now)


def _send_back(case: Return, now: datetime) -> None:
    number = new_tracking_number(case.id)
    goods.send_back(return_id=case.id, carrier=CARRIER, tracking_number=number, actor=case.buyer_id, now=now)


def _receive(case: Return, now: datetime) -> None:
    goods.receive_return(return_id=case.id, actor=_seller(case), now=now)


def _take_back(case: Return, now: datetime) -> None:
    goods.accept_goods(return_id=case.id, actor=_seller(case), note="As new. Thank you.", now=now)


def _refuse_goods(case: Return, now: datetime) -> None:
    why = "It has been worn and washed."
    goods.refuse_goods(return_id=case.id, actor=_seller(case), note=why, now=now)


def _dispute(why: str) -> Step:
    def dispute(case: Return, now: datetime) -> None:
        dispute_return(return_id=case.id, party="buyer", actor=case.buyer_id, note=why, now=now)

    return dispute


def _decide_for(who: str, why: str) -> Step:
    def decide(case: Return, now: datetime) -> None:
        staff = User.objects.filter(is_superuser=True).order_by("date_joined")[0]
        decide_return(return_id=case.id, for_buyer=who == "buyer", actor=staff.id, note=why, now=now)

    return decide


def _seller(case: Return) -> str:
    return BrandMember.objects.filter(brand_id=case.brand_id, role=Role.OWNER).earliest("id").user_id


_SENT: Mapping[str, Step] = {State.REQUESTED: _approve, State.APPROVED: _send_back}
_NO = _reject("The pictures show the fabric as it is: linen has knots.")

#: By the SKU that was bought: what the demo's viewer asks back, in purchases of its own.
OF_VIEWER: Sequence[tuple[str, Course]] = (
    (
        "AP-5KG",
        Course(
            reason=Reason.DAMAGED, type=Type.REFUND_ONLY, share=40, shows="apples",
            text="Two layers at the bottom are bruised.", path={State.REQUESTED: _approve},
        ),
    ),
    (
        "SH-M",
        Course(
            reason=Reason.NO_REASON, text="",
            path={**_SENT, State.IN_TRANSIT: _receive, State.RECEIVED: _take_back},
        ),
    ),
    (
        "SH-M",
        Course(reason=Reason.QUALITY, text="A seam is open.", shows="shirt", path={State.REQUESTED: _NO}),
    ),
    (
        "DR-S",
        Course(
            reason=Reason.NOT_AS_DESCRIBED, text="It falls narrow, not wide.", shows="dress",
            path={
                State.REQUESTED: _reject("It is cut as it was shown."),
                State.REJECTED: _dispute("The show said that it falls wide."),
            },
        ),
    ),
    ("DR-S", Course(reason=Reason.OTHER, text="One of two was a present.", path=_SENT)),
    ("DR-S", Course(reason=Reason.NO_REASON, text="", path={State.REQUESTED: _approve})),
    (
        "HT-57",
        Course(
            reason=Reason.DAMAGED, text="The brim is creased.", shows="straw_hat", waits=timedelta(hours=20),
            path={State.REQUESTED: _offer(30, "Steam takes it out. Would a part help?")},
        ),
    ),
    (
        "HT-57",
        Course(
            reason=Reason.WRONG_ITEM, text="This one has no ribbon.", shows="straw_hat",
            waits=timedelta(hours=8),
        ),
    ),
)  # fmt: skip

#: The same of the crowd: of the orders of a product that are kept, the first ones.
OF_CROWD: Sequence[tuple[str, Course]] = (
    (
        "AP-5KG",
        Course(
            reason=Reason.QUALITY, type=Type.REFUND_ONLY, share=50, shows="apples",
            text="Half of them are soft.",
            path={State.REQUESTED: _offer(60, "Sorry!"), State.OFFERED: _accept},
        ),
    ),
    ("HN-500", Course(reason=Reason.NO_REASON, text="", path={State.REQUESTED: _approve})),
    ("SH-M", Course(reason=Reason.OTHER, text="Too large.", path={State.REQUESTED: _withdraw})),
    (
        "DR-S",
        Course(
            reason=Reason.NO_REASON, text="",
            path={**_SENT, State.IN_TRANSIT: _receive, State.RECEIVED: _refuse_goods},
        ),
    ),
    (
        "DR-S",
        Course(
            reason=Reason.QUALITY, text="The print is faint.", shows="dress",
            path={
                State.REQUESTED: _NO,
                State.REJECTED: _dispute("It is not the linen, it is the print."),
                State.DISPUTED: _decide_for("seller", "The picture shows the print as it was shown on air."),
            },
        ),
    ),
    ("HT-57", Course(reason=Reason.NO_REASON, text="", path={**_SENT, State.IN_TRANSIT: _receive})),
    (
        "HT-57",
        Course(
            reason=Reason.NOT_AS_DESCRIBED, text="There is no band inside.",
            path={
                State.REQUESTED: _reject("There is."),
                State.REJECTED: _dispute("There is none."),
                State.DISPUTED: _decide_for("buyer", "The seller could not show one."),
            },
        ),
    ),
)  # fmt: skip


def courses(of: Sequence[tuple[str, Course]], sku: str) -> list[Course]:
    """Return the courses of a product."""
    return [course for each, course in of if each == sku]


def quick_number(seed: str, shipped_at: datetime) -> str:
    """Return a tracking number whose parcel arrives soon; one number for each seed."""
    number, tried = new_tracking_number(seed), 0
    while timeline(number, shipped_at=shipped_at)[-1].at - shipped_at > ARRIVES_WITHIN:
        tried += 1
        number = new_tracking_number(f"{seed} {tried}")
    return number
