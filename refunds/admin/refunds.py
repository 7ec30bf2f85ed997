"""Admin of refunds, and the button on an order that begins one."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from marketplace.admin.base import button, column, person_of
from marketplace.admin.forms import ActionForm
from marketplace.lib import clock
from marketplace.models import User
from marketplace.permissions import is_platform_staff
from orders.admin.base import STATE_COLOURS, TradeAdmin
from orders.admin.orders import OrderAdmin, brand_choices
from orders.models import Order
from refunds.actions.cancel_paid_lines import cancel_paid_lines
from refunds.actions.send_refund import retry_refund
from refunds.models import Refund

WHOLE_ORDER = ("", "The whole order")


class CancelForm(ActionForm):
    """Whose lines."""

    brand = forms.ChoiceField(label="Lines of", required=False)


admin.site.unregister(Order)


@admin.register(Order)
class CancellableOrderAdmin(OrderAdmin):
    """Orders, with the button that cancels what is paid and not shipped."""

    actions_detail: ClassVar[list[Any]] = [*OrderAdmin.actions_detail, "cancel"]

    @button("Cancel and refund", path="cancel", icon="undo", danger=True)
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Cancel the paid lines of a brand, or the whole order, and give the money back."""
        order: Order = self.one(request, object_id)
        brands = brand_choices(order)
        choices = [WHOLE_ORDER, *brands] if is_platform_staff(request.user) else brands

        def run(values: dict[str, Any]) -> str:
            cancel_paid_lines(
                order_id=order.id,
                brand_id=values["brand"] or None,
                actor=person_of(request).id,
                now=clock.now(),
            )
            return "Cancelled. The money is on its way back, the units are on sale again."

        intro = "The buyer gets back what they paid for these lines."
        return self.ask(
            request,
            title="Cancel and refund",
            form=CancelForm if is_platform_staff(request.user) else BrandCancelForm,
            run=run,
            obj=order,
            choices={"brand": choices},
            submit="Cancel and refund",
            danger=True,
            intro=intro,
        )


class BrandCancelForm(CancelForm):
    """Whose lines; a brand has no say over the whole order."""

    brand = forms.ChoiceField(label="Lines of")


@admin.register(Refund)
class RefundAdmin(TradeAdmin):
    """All refunds, for platform staff."""

    group = "Money"
    icon = "currency_exchange"
    ids: ClassVar = {"rfd": "pk", "ord": "order_id", "pay": "payment_id", "usr": "order__buyer_id"}
    words = ("gateway_id",)
    list_display = (
        "id", "order", "shown_state", "total", "reason", "attempts", "last_error", "next_attempt_at",
        "created_at", "done_at",
    )  # fmt: skip
    list_filter = ("state", "reason")
    ordering = ("-id",)
    fields = (
        ("id", "order", "payment"), ("shown_state", "reason"), "total",
        ("gateway_id", "attempts", "declined"),
        ("last_error", "next_attempt_at"), ("created_at", "done_at"),
    )  # fmt: skip
    readonly_fields = ("shown_state", "total")
    actions_detail: ClassVar[list[Any]] = ["retry"]

    def own(self, _person: User) -> QuerySet[Refund]:
        """Return all refunds."""
        return Refund.objects.select_related("order", "payment")

    @column("State", ordering="state", label=STATE_COLOURS)
    def shown_state(self, refund: Refund) -> str:
        """Return where the money is."""
        return refund.state

    @button("Try again now", path="retry", icon="refresh", primary=True)
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make the next try due now."""
        refund: Refund = self.one(request, object_id)

        def run(_values: dict[str, Any]) -> str:
            retry_refund(refund_id=refund.id, actor=person_of(request).id, now=clock.now())
            return "The next try is due now; it is made within seconds."

        return self.ask(request, title="Try the refund again", run=run, obj=refund, submit="Try again")
