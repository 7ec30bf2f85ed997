"""Admin of orders."""

from typing import Any, ClassVar, cast

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse

from marketplace.admin.base import OwnInline, button, column, person_of
from marketplace.lib import clock
from marketplace.models import Brand, User
from marketplace.permissions import acts_for_some_brand, is_platform_staff
from orders.actions.ship_lines import ship_lines
from orders.admin.base import STATE_COLOURS, ShipForBrandForm, ShowFilter, TradeAdmin, of_own_brands
from orders.carrier import new_tracking_number
from orders.models import Order, OrderLine, Payment, Shipment
from orders.states import line_state, order_state


class Lines(OwnInline):
    """The order's lines, one's own brands' only."""

    model = OrderLine
    fields = ("title", "sku", "brand", "quantity", "total", "shown_state", "return_by")
    readonly_fields = fields
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderLine]:
        """Return the lines of the brands that a person acts for."""
        rows: QuerySet[OrderLine] = super().get_queryset(request)
        return of_own_brands(person_of(request), rows).select_related("brand")

    @column("State", label=STATE_COLOURS)
    def shown_state(self, line: OrderLine) -> str:
        """Return where the line stands now."""
        return line_state(line, at=clock.now())


class Payments(OwnInline):
    """Tries to pay, for platform staff."""

    model = Payment
    fields = ("id", "state", "total", "total_refunded", "failure_code", "created_at")
    readonly_fields = fields

    def has_view_permission(self, request: HttpRequest, _obj: Any = None) -> bool:
        """Show money to platform staff only."""
        return is_platform_staff(request.user)


class Parcels(OwnInline):
    """Parcels of one's own brands."""

    model = Shipment
    fields = ("brand", "carrier", "tracking_number", "state", "shipped_at", "delivered_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Shipment]:
        """Return the parcels of the brands that a person acts for."""
        rows: QuerySet[Shipment] = super().get_queryset(request)
        return of_own_brands(person_of(request), rows).select_related("brand")


#: Orders that a brand's list holds; older ones are found by search, or among the lines.
LISTED = 1_000


@admin.register(Order)
class OrderAdmin(TradeAdmin):
    """Orders with lines of one's brands, all of them for platform staff."""

    audience = staticmethod(acts_for_some_brand)
    icon = "shopping_bag"
    ids: ClassVar = {"ord": "pk", "usr": "buyer_id"}
    words = ("buyer__username",)
    list_display = ("id", "shown_state", "buyer", "session", "amount_shown", "created_at", "pay_by")
    list_filter = (ShowFilter,)
    ordering = ("-id",)
    fields = (
        ("id", "shown_state"), ("buyer", "session"), "amount_shown", ("created_at", "pay_by"), "address",
    )  # fmt: skip
    readonly_fields = ("shown_state", "amount_shown")
    inlines = (Lines, Payments, Parcels)
    actions_detail: ClassVar[list[Any]] = ["ship"]

    def own(self, person: User) -> QuerySet[Order]:
        """Return the orders with lines of the brands that a person acts for."""
        return self._with_lines(person, of_own_brands(person, OrderLine.objects.all()).values("order_id"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        """Return the person's orders; a brand's list holds its newest, which an index gives in order."""
        match = request.resolver_match
        listed = match is not None and match.url_name == "orders_order_changelist"
        if not listed or ShowFilter.parameter_name in request.GET:
            return cast(QuerySet[Order], super().get_queryset(request))
        person = person_of(request)
        lines = of_own_brands(person, OrderLine.objects.order_by("-order_id"))
        return self._with_lines(person, lines.values("order_id").distinct()[:LISTED]).order_by(*self.ordering)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        """Search all of the person's orders, not only those that the list holds."""
        rows = self.own(person_of(request)) if search_term.strip() else queryset
        return super().get_search_results(request, rows, search_term)

    def _with_lines(self, person: User, order_ids: QuerySet[Any]) -> QuerySet[Order]:
        """Return orders with the lines that the person may see; all orders for platform staff."""
        orders = Order.objects.all() if is_platform_staff(person) else Order.objects.filter(id__in=order_ids)
        mine = Prefetch("lines", of_own_brands(person, OrderLine.objects.all()))
        return orders.select_related("buyer", "session").prefetch_related(mine)

    @column("State", label=STATE_COLOURS)
    def shown_state(self, order: Order) -> str:
        """Return where the order's visible lines stand now."""
        return order_state(order.lines.all(), at=clock.now())

    @column("Amount")
    def amount_shown(self, order: Order) -> str:
        """Return the sum of the visible lines."""
        lines = list(order.lines.all())
        return str(sum((line.total for line in lines[1:]), start=lines[0].total))

    @button("Ship", path="ship", icon="local_shipping", primary=True)
    def ship(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ship the paid lines of one of the brands."""
        order: Order = self.one(request, object_id)
        brands = brand_choices(order)

        def run(values: dict[str, Any]) -> str:
            parcel = ship_lines(
                order_id=order.id,
                brand_id=values["brand"],
                carrier=values["carrier"],
                tracking_number=values["tracking_number"],
                actor=person_of(request).id,
                now=clock.now(),
            )
            return f"Parcel {parcel} is on its way."

        return self.ask(
            request,
            title="Ship order",
            form=ShipForBrandForm,
            run=run,
            obj=order,
            initial={"tracking_number": new_tracking_number(f"{order.id}{brands[0][0]}")},
            choices={"brand": brands},
            submit="Ship",
        )


def brand_choices(order: Order) -> list[tuple[str, str]]:
    """Return the brands of an order's visible lines for a form."""
    ids = {line.brand_id for line in order.lines.all()}
    return [(brand.id, brand.name) for brand in Brand.objects.filter(id__in=ids).order_by("name")]
