"""Admin of prices: slots as brands, streamers and platform staff look at them whom discounts cost."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from marketplace.admin.base import OwnAdmin, button, column, person_of
from marketplace.errors import Forbidden
from marketplace.lib import clock
from marketplace.models import User
from marketplace.permissions import brands_of, is_platform_staff
from streams.actions.discounts import set_discount
from streams.admin.collaborations import has_plans
from streams.admin.forms import DiscountForm, to_discount
from streams.models import Funder, SlotPrice
from streams.permissions import fundable


@admin.register(SlotPrice)
class PriceAdmin(OwnAdmin):
    """Slots of a person's own shows, and of others that sell their brands' products."""

    audience = staticmethod(has_plans)
    group = "Live"
    icon = "sell"
    list_display = ("session", "position", "product", "full_price", "shown_discounts", "price")
    list_filter = ("session__state",)
    search_fields = ("session__title", "=variant__sku", "variant__product__title")
    ordering = ("-id",)
    fields = (("id", "session"), "variant", ("full_price", "shown_discounts", "price"))
    readonly_fields = ("full_price", "shown_discounts", "price")
    actions_row = ("discount",)
    actions_detail: ClassVar[list[Any]] = ["discount"]

    def own(self, person: User) -> QuerySet[SlotPrice]:
        """Return the slots off whose price a person may take something, all of them for platform staff."""
        rows = SlotPrice.objects.select_related("session__streamer", "variant__product")
        if is_platform_staff(person):
            return rows
        brands = list(brands_of(person).values_list("id", flat=True))
        return rows.filter(Q(session__streamer__user=person) | Q(variant__brand_id__in=brands))

    @column("Product", ordering="variant__product__title")
    def product(self, slot: SlotPrice) -> str:
        """Return the product's title and the SKU."""
        return f"{slot.variant.product.title} ({slot.variant.sku})"

    @column("Discounts")
    def shown_discounts(self, slot: SlotPrice) -> str:
        """Return what comes off, and at whose cost."""
        return ", ".join(f"{each.amount} ({each.funder})" for each in slot.discounts) or "-"

    @button("Discount", path="discount", icon="percent", primary=True)
    def discount(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take something off each unit at one's own cost."""
        slot: SlotPrice = self.one(request, object_id)
        person = person_of(request)
        funders = fundable(person, slot)
        off = self.shown_discounts(slot) if slot.discounts else "nothing"

        def run(values: dict[str, Any]) -> str:
            if values["funder"] not in funders:
                raise Forbidden("Only those whom it costs may do this.", param="funder")
            amount = to_discount(values["amount"], slot.currency)
            changed = set_discount(
                slot_id=slot.id, funder=values["funder"], amount=amount, actor=person, now=clock.now()
            )
            return f"A unit now costs {changed.price}, and the room knows."

        return self.ask(
            request,
            title="Discount",
            form=DiscountForm,
            run=run,
            obj=slot,
            choices={"funder": [(funder.value, Funder(funder).label) for funder in funders]},
            intro=f"A unit costs {slot.full_price}. Off it now: {off}.",
        )
