"""Admin of payments and of what the gateway told us: for platform staff, to read."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet

from marketplace.admin.base import column
from marketplace.models import User
from orders.admin.base import STATE_COLOURS, TradeAdmin
from orders.models import InboundWebhook, Payment


@admin.register(Payment)
class PaymentAdmin(TradeAdmin):
    """All payments."""

    group = "Money"
    icon = "credit_card"
    ids: ClassVar = {"pay": "pk", "ord": "order_id", "usr": "order__buyer_id"}
    words = ("gateway_id",)
    list_display = ("id", "order", "shown_state", "total", "total_refunded", "failure_code", "created_at")
    list_filter = ("state",)
    ordering = ("-id",)
    fields = (
        ("id", "order"), ("shown_state", "failure_code"), ("total", "total_refunded"), "gateway_id",
        ("created_at", "updated_at"),
    )  # fmt: skip
    readonly_fields = ("shown_state", "total", "total_refunded")

    def own(self, _person: User) -> QuerySet[Payment]:
        """Return all payments."""
        return Payment.objects.select_related("order")

    @column("State", ordering="state", label=STATE_COLOURS)
    def shown_state(self, payment: Payment) -> str:
        """Return where the payment stands."""
        return payment.state


@admin.register(InboundWebhook)
class InboundWebhookAdmin(TradeAdmin):
    """Messages of the gateway as they came, and what came of them."""

    group = "System"
    icon = "inbox"
    ids: ClassVar = {"iwh": "pk"}
    words = ("webhook_id",)
    list_display = ("webhook_id", "type", "outcome", "received_at", "applied_at")
    list_filter = (("applied_at", admin.EmptyFieldListFilter),)
    ordering = ("-id",)
    fields = (("id", "webhook_id"), "type", "body", ("received_at", "applied_at"), "outcome")

    def own(self, _person: User) -> QuerySet[InboundWebhook]:
        """Return all messages."""
        return InboundWebhook.objects.all()
