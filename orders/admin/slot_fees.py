"""Admin of slot fees: brands offer them, and all parties see what is paid for minutes on air."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from marketplace.admin.base import button, column, percent, person_of
from marketplace.admin.forms import ActionForm
from marketplace.lib import clock
from marketplace.models import User
from marketplace.permissions import is_platform_staff
from orders.actions.slot_fees import BEFORE, offer_fee, withdraw_fee
from orders.admin.base import TradeAdmin
from orders.models import SlotFee
from orders.permissions import is_owed_money, is_party, owners_by_party
from orders.policy import MOST_FEE_MINUTES
from streams.admin.forms import PriceField, to_price
from streams.models import Funder
from streams.queries.access import get_slot_to_fund
from streams.queries.candidates import slots_of_own_brands

COLOURS = {
    "offered": "info",
    "withdrawn": "danger",
    "void": "danger",
    "uncovered": "danger",
    "held": "warning",
    "settled": "success",
}


class FeeForm(ActionForm):
    """What is paid for how many minutes on air."""

    slot = forms.ChoiceField(label="Show and product")
    amount = PriceField(label="Fee for all of the minutes")
    minutes = forms.IntegerField(
        min_value=1, max_value=MOST_FEE_MINUTES, help_text="On air, with the product pinned."
    )


@admin.register(SlotFee)
class SlotFeeAdmin(TradeAdmin):
    """Fees of one's brands, for one's own shows, and held for streamers of one's agencies."""

    audience = staticmethod(is_owed_money)
    group = "Money"
    icon = "timer"
    ids: ClassVar = {
        "fee": "pk",
        "slt": "slot_id",
        "ses": "session_id",
        "brd": "brand_id",
        "str": "streamer_id",
        "agc": "agency_id",
    }
    list_display = (
        "session", "slot", "brand", "streamer", "total", "minutes", "counted_minutes", "shown_state",
        "total_paid", "total_returned",
    )  # fmt: skip
    list_filter = ("state",)
    ordering = ("-id",)
    fields = (
        ("id", "shown_state"), ("session", "slot"), ("brand", "streamer", "agency"),
        ("total", "agency_share"), ("minutes", "counted_minutes"), ("total_paid", "total_returned"),
        ("offered_at", "held_at", "settled_at"),
    )  # fmt: skip
    readonly_fields = ("total", "agency_share", "shown_state", "total_paid", "total_returned")
    agency_share = percent("agency_share_bp", "Agency's share")
    actions_list: ClassVar[list[Any]] = ["offer"]
    actions_detail: ClassVar[list[Any]] = ["withdraw"]

    def own(self, person: User) -> QuerySet[SlotFee]:
        """Return the fees to which a person is a party, all of them for platform staff."""
        fees = SlotFee.objects.select_related(
            "session", "slot__variant__product", "brand", "streamer", "agency"
        )
        if is_platform_staff(person):
            return fees
        return fees.filter(is_party(owners_by_party(person)))

    @column("State", ordering="state", label=COLOURS)
    def shown_state(self, fee: SlotFee) -> str:
        """Return where the money is."""
        return fee.state

    @button("Offer a fee", path="offer", icon="add", primary=True)
    def offer(self, request: HttpRequest) -> HttpResponse:
        """Offer a fee for a product of one's own brand in a show to come."""
        slots = {slot.id: slot for slot in slots_of_own_brands(person_of(request), states=BEFORE)}

        def run(values: dict[str, Any]) -> str:
            slot = slots[values["slot"]]
            amount = to_price(values["amount"], slot.currency)
            fee = offer_fee(slot_id=slot.id, amount=amount, minutes=values["minutes"], now=clock.now())
            return f"{fee} are offered. They are held when the show begins, if so much is owed to the brand."

        offered = [
            (slot.id, f"{slot.session}: {slot.variant.product.title} ({slot.currency})")
            for slot in slots.values()
        ]
        intro = "For a product of your brand in a show that has not begun; it replaces an earlier offer."
        return self.ask(
            request,
            title="Offer a fee",
            form=FeeForm,
            run=run,
            choices={"slot": offered},
            submit="Offer",
            intro=intro,
        )

    @button("Withdraw", path="withdraw", icon="undo", danger=True)
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take an offer back before the show."""
        fee: SlotFee = self.one(request, object_id)

        def run(_values: dict[str, Any]) -> str:
            slot = get_slot_to_fund(person_of(request), fee.session_id, fee.slot_id, Funder.BRAND)
            withdraw_fee(slot_id=slot.id, now=clock.now())
            return "The offer is withdrawn."

        return self.ask(request, title="Withdraw the offer", run=run, obj=fee, submit="Withdraw", danger=True)
