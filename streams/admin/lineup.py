"""Admin of slots and deals; a session's page has the same buttons for its own."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from marketplace.admin.base import OwnAdmin, button, column, person_of
from marketplace.lib import clock
from marketplace.models import User
from streams.actions import deals, lineup
from streams.admin.deals import open_deal_on
from streams.admin.forms import DealForm, SlotForm, as_written, to_price
from streams.models import Deal, Session, Slot
from streams.permissions import hosted, hosts


@admin.register(Slot)
class SlotAdmin(OwnAdmin):
    """Slots of the sessions that a person runs."""

    audience = staticmethod(hosts)
    group = "Live"
    icon = "format_list_numbered"
    list_display = ("session", "position", "product", "price", "taken", "shown_left", "on_sale", "pinned")
    list_filter = ("on_sale", "pinned", "session__state")
    search_fields = ("session__title", "=variant__sku", "variant__product__title")
    ordering = ("-id",)
    fields = (
        ("id", "session"), ("variant", "price"), ("allocation", "taken", "per_buyer_limit"),
        ("position", "on_sale", "pinned"),
    )  # fmt: skip
    readonly_fields = ("price",)
    actions_row = ("pin", "open_deal")
    actions_detail: ClassVar[list[Any]] = ["pin", "unpin", "open_deal", "edit"]

    def own(self, person: User) -> QuerySet[Slot]:
        """Return the slots of a person's sessions."""
        rows = Slot.objects.filter(session__in=Session.objects.filter(hosted(person)))
        return rows.select_related("session", "variant__product", "variant__stock")

    @column("Product", ordering="variant__product__title")
    def product(self, slot: Slot) -> str:
        """Return the product's title and the SKU."""
        return f"{slot.variant.product.title} ({slot.variant.sku})"

    @column("Left")
    def shown_left(self, slot: Slot) -> int:
        """Return the units that can still be sold."""
        return slot.left(slot.variant.stock.available)

    @button("Change", path="edit", icon="edit")
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Change price, allocation, limit, place or sale switch."""
        slot: Slot = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            price = to_price(values.pop("price"), slot.currency)
            lineup.change_slot(
                slot_id=slot.id, live_price=price, actor=person_of(request), now=clock.now(), **values
            )
            return "The slot was changed, and the room knows."

        names = ("allocation", "per_buyer_limit", "position", "on_sale")
        initial = {name: getattr(slot, name) for name in names}
        return self.ask(
            request,
            title="Change slot",
            form=SlotForm,
            run=run,
            obj=slot,
            initial={**initial, "price": as_written(slot.full_price)},
        )

    @button("Pin", path="pin", icon="push_pin", primary=True)
    def pin(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Pin the slot: it is being explained."""
        slot: Slot = self.one(request, object_id)

        def run(_values: dict[str, Any]) -> str:
            lineup.pin_slot(slot_id=slot.id, actor=person_of(request), now=clock.now())
            return "The slot is pinned."

        return self.ask(request, title="Pin", run=run, obj=slot, submit="Pin")

    @button("Unpin", path="unpin", icon="keep_off")
    def unpin(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Unpin the slot."""
        slot: Slot = self.one(request, object_id)

        def run(_values: dict[str, Any]) -> str:
            lineup.unpin_slot(slot_id=slot.id, actor=person_of(request), now=clock.now())
            return "The slot is not pinned."

        return self.ask(request, title="Unpin", run=run, obj=slot, submit="Unpin")

    @button("Open deal", path="open-deal", icon="bolt")
    def open_deal(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Open a flash deal on the slot."""
        slot: Slot = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            return open_deal_on(slot, person_of(request), values)

        return self.ask(request, title="Open deal", form=DealForm, run=run, obj=slot, submit="Open")


@admin.register(Deal)
class DealAdmin(OwnAdmin):
    """Deals of the sessions that a person runs."""

    audience = staticmethod(hosts)
    group = "Live"
    icon = "bolt"
    list_display = (
        "session",
        "product",
        "unit_price",
        "quota",
        "taken",
        "opens_at",
        "closes_at",
        "shown_end",
    )
    list_filter = ("close_reason",)
    search_fields = ("session__title", "=slot__variant__sku")
    ordering = ("-id",)
    fields = (
        ("id", "session"), ("slot", "unit_price"), ("quota", "taken", "per_buyer_limit"),
        ("opens_at", "closes_at"), ("closed_at", "close_reason"),
    )  # fmt: skip
    readonly_fields = ("unit_price",)
    actions_row = ("close",)
    actions_detail: ClassVar[list[Any]] = ["close"]

    def own(self, person: User) -> QuerySet[Deal]:
        """Return the deals of a person's sessions."""
        rows = Deal.objects.filter(session__in=Session.objects.filter(hosted(person)))
        return rows.select_related("session", "slot__variant__product")

    @column("Product", ordering="slot__variant__product__title")
    def product(self, deal: Deal) -> str:
        """Return the product's title and the SKU."""
        return f"{deal.slot.variant.product.title} ({deal.slot.variant.sku})"

    @column("Ended by", ordering="close_reason")
    def shown_end(self, deal: Deal) -> str:
        """Return what closed the deal."""
        return deal.get_close_reason_display() if deal.closed_at else "open"

    @button("Close", path="close", icon="timer_off", danger=True)
    def close(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Close the deal before its time."""
        deal: Deal = self.one(request, object_id)

        def run(_values: dict[str, Any]) -> str:
            deals.close_deal(deal_id=deal.id, actor=person_of(request), now=clock.now())
            return "The deal is closed."

        return self.ask(request, title="Close deal", run=run, obj=deal, submit="Close", danger=True)
