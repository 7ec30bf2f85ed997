"""What 0001 to 0012 come to, for a database that has none of them: each table is made once, as it is to be.

An empty database has no money to open a ledger with, and no payout on its way: those steps are left out.
"""

from importlib import import_module

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import marketplace.lib.fields
from marketplace.lib.tables import CreateModels

append_only = import_module("orders.migrations.0003_append_only")
settlement = import_module("orders.migrations.0005_settlement")


class Migration(migrations.Migration):
    replaces = [
        ("orders", "0001_initial"),
        ("orders", "0002_ledger"),
        ("orders", "0003_append_only"),
        ("orders", "0004_opening_balances"),
        ("orders", "0005_settlement"),
        ("orders", "0006_payouts"),
        ("orders", "0007_returns"),
        ("orders", "0008_commission_pages"),
        ("orders", "0009_line_discounts"),
        ("orders", "0010_slot_fees"),
        ("orders", "0011_line_by_agency"),
        ("orders", "0012_statement_payout"),
    ]

    initial = True

    dependencies = [
        ("marketplace", "0002_sandbox_clock"),
        ("streams", "0005_slot_discounts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name="SimulatedEvent",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("gwm", primary_key=True, serialize=False)),
                    ("type", models.CharField(max_length=40)),
                    (
                        "subject",
                        models.CharField(
                            db_index=True, help_text="Id of the payment or refund.", max_length=40
                        ),
                    ),
                    ("body", models.TextField()),
                    ("created_at", models.DateTimeField()),
                ],
                options={
                    "db_table": "payments_sim_event",
                },
            ),
            migrations.CreateModel(
                name="SimulatedKey",
                fields=[
                    ("key", models.CharField(max_length=120, primary_key=True, serialize=False)),
                    (
                        "fingerprint",
                        models.CharField(
                            help_text="SHA-256 of route and input, in hexadecimal.", max_length=64
                        ),
                    ),
                    (
                        "subject",
                        models.CharField(blank=True, help_text="Id of the payment or refund.", max_length=40),
                    ),
                    (
                        "stumbled",
                        models.BooleanField(default=False, help_text="Its first request got a 500."),
                    ),
                    ("created_at", models.DateTimeField()),
                ],
                options={
                    "db_table": "payments_sim_key",
                },
            ),
            migrations.CreateModel(
                name="InboundWebhook",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("iwh", primary_key=True, serialize=False)),
                    ("webhook_id", models.CharField(max_length=120, unique=True)),
                    (
                        "type",
                        models.CharField(
                            blank=True,
                            help_text="Such as payment.captured; empty when it could not be read.",
                            max_length=40,
                        ),
                    ),
                    ("body", models.TextField()),
                    ("received_at", models.DateTimeField()),
                    ("applied_at", models.DateTimeField(blank=True, null=True)),
                    ("outcome", models.CharField(blank=True, max_length=200)),
                ],
                options={
                    "ordering": ["-id"],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("applied_at", None)),
                            fields=["received_at"],
                            name="webhook_to_apply",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Order",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("ord", primary_key=True, serialize=False)),
                    ("key", models.CharField(help_text="The buyer's idempotency key.", max_length=255)),
                    (
                        "input_hash",
                        models.CharField(
                            help_text="Of slot, deal, quantity and price as asked for.", max_length=32
                        ),
                    ),
                    ("amount", models.BigIntegerField(help_text="Sum of the lines, in minor units.")),
                    ("currency", models.CharField(max_length=3)),
                    ("pay_by", models.DateTimeField()),
                    (
                        "address",
                        models.JSONField(
                            blank=True, help_text="Where to ship; given when paying.", null=True
                        ),
                    ),
                    ("created_at", models.DateTimeField()),
                    (
                        "buyer",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "session",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="streams.session",
                        ),
                    ),
                ],
                options={
                    "ordering": ["-id"],
                    "indexes": [models.Index(fields=["session", "id"], name="order_by_session")],
                    "constraints": [
                        models.UniqueConstraint(fields=("buyer", "key"), name="order_once_per_key")
                    ],
                },
            ),
            migrations.CreateModel(
                name="OrderLine",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("oln", primary_key=True, serialize=False)),
                    (
                        "state",
                        models.CharField(
                            choices=[
                                ("pending_payment", "Pending Payment"),
                                ("paid", "Paid"),
                                ("shipped", "Shipped"),
                                ("delivered", "Delivered"),
                                ("completed", "Completed"),
                                ("expired", "Expired"),
                                ("cancelled", "Cancelled"),
                                ("refunded", "Refunded"),
                            ],
                            default="pending_payment",
                            max_length=16,
                        ),
                    ),
                    ("pay_by", models.DateTimeField()),
                    (
                        "seq",
                        models.BigIntegerField(help_text="The room's last event when the units were sold."),
                    ),
                    ("title", models.CharField(max_length=250)),
                    ("sku", models.CharField(max_length=64)),
                    ("quantity", models.PositiveIntegerField()),
                    (
                        "unit_price",
                        models.BigIntegerField(help_text="What the buyer pays for a unit, after discounts."),
                    ),
                    ("amount", models.BigIntegerField()),
                    ("currency", models.CharField(max_length=3)),
                    ("rate_bp", models.PositiveIntegerField(help_text="Streamer's commission.")),
                    (
                        "agency_share_bp",
                        models.PositiveIntegerField(help_text="Agency's share of the streamer's commission."),
                    ),
                    ("fee_bp", models.PositiveIntegerField(help_text="Platform fee.")),
                    ("return_policy", models.CharField(max_length=20)),
                    (
                        "return_by",
                        models.DateTimeField(
                            blank=True,
                            help_text="End of the return window; known once the parcel is delivered.",
                            null=True,
                        ),
                    ),
                    ("created_at", models.DateTimeField()),
                    (
                        "agency",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="streams.agency",
                        ),
                    ),
                    (
                        "brand",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="marketplace.brand",
                        ),
                    ),
                    (
                        "buyer",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "collaboration",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="streams.collaboration",
                        ),
                    ),
                    (
                        "deal",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="streams.deal",
                        ),
                    ),
                    (
                        "order",
                        models.ForeignKey(
                            db_constraint=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="lines",
                            to="orders.order",
                        ),
                    ),
                    (
                        "product",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="marketplace.product",
                        ),
                    ),
                    (
                        "session",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="streams.session",
                        ),
                    ),
                    (
                        "slot",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="streams.slot",
                        ),
                    ),
                    (
                        "streamer",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="streams.streamer",
                        ),
                    ),
                    (
                        "variant",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="marketplace.variant",
                        ),
                    ),
                    (
                        "refunded",
                        models.BigIntegerField(
                            db_default=0,
                            default=0,
                            help_text="What was given back after returns, in minor units.",
                        ),
                    ),
                    (
                        "claimed",
                        models.PositiveIntegerField(
                            db_default=0,
                            default=0,
                            help_text="Units in an open return, or of which money went back.",
                        ),
                    ),
                    (
                        "returned",
                        models.PositiveIntegerField(
                            db_default=0,
                            default=0,
                            help_text="Units whose whole price went back after a return.",
                        ),
                    ),
                    (
                        "brand_discount",
                        models.BigIntegerField(db_default=0, default=0, help_text="Off each unit."),
                    ),
                    (
                        "platform_discount",
                        models.BigIntegerField(db_default=0, default=0, help_text="Off each unit."),
                    ),
                    (
                        "platform_unfunded",
                        models.BigIntegerField(
                            db_default=0,
                            default=0,
                            help_text="What the marketplace's discount does not cost, for money went back.",
                        ),
                    ),
                    (
                        "streamer_discount",
                        models.BigIntegerField(db_default=0, default=0, help_text="Off each unit."),
                    ),
                    (
                        "streamer_unfunded",
                        models.BigIntegerField(
                            db_default=0,
                            default=0,
                            help_text="What the streamer's discount does not cost, for money went back.",
                        ),
                    ),
                ],
                options={
                    "ordering": ["id"],
                    "indexes": [
                        models.Index(fields=["slot", "buyer"], name="line_slot_buyer"),
                        models.Index(
                            condition=models.Q(("state", "pending_payment")),
                            fields=["pay_by"],
                            name="line_to_pay",
                        ),
                        models.Index(
                            condition=models.Q(("state", "paid")),
                            fields=["brand", "order"],
                            name="line_to_ship",
                        ),
                        models.Index(
                            condition=models.Q(("state", "delivered")),
                            fields=["return_by"],
                            name="line_to_complete",
                        ),
                        models.Index(fields=["brand", "order"], name="line_by_brand"),
                        models.Index(
                            condition=models.Q(("state", "completed")),
                            fields=["brand"],
                            name="line_to_settle",
                        ),
                        models.Index(
                            condition=models.Q(("agency__isnull", False)),
                            fields=["agency", "order"],
                            name="line_by_agency",
                        ),
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("quantity__gte", 1)), name="line_has_units"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("refunded__gte", 0), ("refunded__lte", models.F("amount"))),
                            name="line_refunded_within_price",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("returned__lte", models.F("claimed")), ("claimed__lte", models.F("quantity"))
                            ),
                            name="line_claimed_within_units",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("platform_unfunded__gte", 0),
                                ("streamer_unfunded__gte", 0),
                                (
                                    "platform_unfunded__lte",
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("platform_discount"), "*", models.F("quantity")
                                    ),
                                ),
                                (
                                    "streamer_unfunded__lte",
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("streamer_discount"), "*", models.F("quantity")
                                    ),
                                ),
                            ),
                            name="line_unfunded_within_discounts",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="LineHistory",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    ("from_state", models.CharField(max_length=16)),
                    ("to_state", models.CharField(max_length=16)),
                    (
                        "actor",
                        models.CharField(
                            help_text="Public id of who did it, or the name of a sweep.", max_length=40
                        ),
                    ),
                    ("at", models.DateTimeField()),
                    (
                        "line",
                        models.ForeignKey(
                            db_constraint=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="history",
                            to="orders.orderline",
                        ),
                    ),
                ],
                options={
                    "verbose_name_plural": "line history",
                    "ordering": ["id"],
                },
            ),
            migrations.CreateModel(
                name="Payment",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("pay", primary_key=True, serialize=False)),
                    ("amount", models.BigIntegerField()),
                    ("refunded", models.BigIntegerField(default=0)),
                    ("currency", models.CharField(max_length=3)),
                    (
                        "state",
                        models.CharField(
                            choices=[
                                ("created", "Created"),
                                ("processing", "Processing"),
                                ("captured", "Captured"),
                                ("captured_late", "Captured Late"),
                                ("failed", "Failed"),
                                ("partly_refunded", "Partly Refunded"),
                                ("refunded", "Refunded"),
                            ],
                            default="created",
                            max_length=16,
                        ),
                    ),
                    ("gateway_id", models.CharField(blank=True, max_length=64)),
                    ("failure_code", models.CharField(blank=True, max_length=40)),
                    ("created_at", models.DateTimeField()),
                    ("updated_at", models.DateTimeField()),
                    (
                        "order",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="payments",
                            to="orders.order",
                        ),
                    ),
                ],
                options={
                    "ordering": ["id"],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("state__in", ["created", "processing", "captured_late"])),
                            fields=["updated_at"],
                            name="payment_unfinished",
                        )
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(
                                ("state__in", ["created", "processing", "captured", "partly_refunded"])
                            ),
                            fields=("order",),
                            name="one_standing_payment_per_order",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("gateway_id", ""), _negated=True),
                            fields=("gateway_id",),
                            name="gateway_payment_once",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("refunded__gte", 0), ("refunded__lte", models.F("amount"))),
                            name="refunded_within_payment",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Shipment",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("shp", primary_key=True, serialize=False)),
                    ("carrier", models.CharField(max_length=40)),
                    ("tracking_number", models.CharField(max_length=60)),
                    (
                        "state",
                        models.CharField(
                            choices=[
                                ("handed_over", "Handed Over"),
                                ("in_transit", "In Transit"),
                                ("delivered", "Delivered"),
                            ],
                            default="handed_over",
                            max_length=12,
                        ),
                    ),
                    ("next_scan_at", models.DateTimeField(blank=True, null=True)),
                    ("shipped_at", models.DateTimeField()),
                    ("delivered_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "brand",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="marketplace.brand",
                        ),
                    ),
                    (
                        "order",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="shipments",
                            to="orders.order",
                        ),
                    ),
                ],
                options={
                    "ordering": ["id"],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("state", "delivered"), _negated=True),
                            fields=["next_scan_at"],
                            name="shipment_to_scan",
                        ),
                        models.Index(fields=["brand", "id"], name="shipment_by_brand"),
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("carrier", "tracking_number"), name="tracking_number_once_per_carrier"
                        ),
                        models.UniqueConstraint(
                            fields=("order", "brand"), name="one_parcel_per_order_and_brand"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="SimulatedDelivery",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("gwd", primary_key=True, serialize=False)),
                    (
                        "state",
                        models.CharField(
                            choices=[
                                ("pending", "Pending"),
                                ("delivered", "Delivered"),
                                ("given_up", "Given Up"),
                            ],
                            default="pending",
                            max_length=10,
                        ),
                    ),
                    ("due_at", models.DateTimeField()),
                    ("attempts", models.PositiveSmallIntegerField(default=0)),
                    (
                        "last_status",
                        models.PositiveSmallIntegerField(help_text="Answer to the last attempt.", null=True),
                    ),
                    ("delivered_at", models.DateTimeField(null=True)),
                    (
                        "event",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="deliveries",
                            to="orders.simulatedevent",
                        ),
                    ),
                ],
                options={
                    "db_table": "payments_sim_delivery",
                    "indexes": [
                        models.Index(
                            condition=models.Q(("state", "pending")),
                            fields=["due_at"],
                            name="sim_delivery_due",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="SimulatedPayout",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("gwo", primary_key=True, serialize=False)),
                    ("currency", models.CharField(max_length=3)),
                    ("number", models.PositiveIntegerField(help_text="Counts the payouts of a currency.")),
                    ("amount", models.BigIntegerField(default=0)),
                    ("fee", models.BigIntegerField(default=0)),
                    ("created_at", models.DateTimeField()),
                ],
                options={
                    "db_table": "payments_sim_payout",
                    "ordering": ["created_at", "id"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("currency", "number"), name="payments_sim_payout_once"
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="SimulatedPayment",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("gwp", primary_key=True, serialize=False)),
                    ("reference", models.CharField(db_index=True, max_length=64)),
                    ("amount", models.BigIntegerField()),
                    (
                        "refunded",
                        models.BigIntegerField(
                            default=0, help_text="Sum of its refunds, without those that failed."
                        ),
                    ),
                    ("currency", models.CharField(max_length=3)),
                    ("scenario", models.CharField(help_text="Name of the card's behaviour.", max_length=40)),
                    ("card_last4", models.CharField(max_length=4)),
                    ("idempotency_key", models.CharField(max_length=120)),
                    (
                        "state",
                        models.CharField(
                            choices=[
                                ("processing", "Processing"),
                                ("captured", "Captured"),
                                ("failed", "Failed"),
                            ],
                            max_length=10,
                        ),
                    ),
                    ("failure_code", models.CharField(blank=True, max_length=40)),
                    ("created_at", models.DateTimeField()),
                    (
                        "resolves_at",
                        models.DateTimeField(help_text="When a processing payment gets its outcome."),
                    ),
                    (
                        "payout",
                        models.ForeignKey(
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="payments",
                            to="orders.simulatedpayout",
                        ),
                    ),
                ],
                options={
                    "db_table": "payments_sim_payment",
                    "ordering": ["-created_at", "-id"],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("state", "processing")),
                            fields=["resolves_at"],
                            name="sim_payment_to_resolve",
                        ),
                        models.Index(
                            condition=models.Q(("payout", None), ("state", "captured")),
                            fields=["resolves_at"],
                            name="sim_payment_to_pay_out",
                        ),
                        models.Index(
                            condition=models.Q(("payout", None), _negated=True),
                            fields=["payout"],
                            name="sim_payment_paid_out",
                        ),
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                ("amount__gt", 0), ("refunded__gte", 0), ("refunded__lte", models.F("amount"))
                            ),
                            name="payments_sim_refunded_within_payment",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("state", "captured"), ("refunded", 0), _connector="OR"),
                            name="payments_sim_only_captured_refunded",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="SimulatedRefund",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("gwr", primary_key=True, serialize=False)),
                    ("amount", models.BigIntegerField()),
                    ("idempotency_key", models.CharField(max_length=120)),
                    (
                        "state",
                        models.CharField(
                            choices=[("processing", "Processing"), ("done", "Done"), ("failed", "Failed")],
                            max_length=10,
                        ),
                    ),
                    ("failure_code", models.CharField(blank=True, max_length=40)),
                    ("created_at", models.DateTimeField()),
                    (
                        "resolves_at",
                        models.DateTimeField(help_text="When a processing refund gets its outcome."),
                    ),
                    (
                        "payment",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="refunds",
                            to="orders.simulatedpayment",
                        ),
                    ),
                    (
                        "payout",
                        models.ForeignKey(
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="refunds",
                            to="orders.simulatedpayout",
                        ),
                    ),
                ],
                options={
                    "db_table": "payments_sim_refund",
                    "indexes": [
                        models.Index(
                            condition=models.Q(("state", "processing")),
                            fields=["resolves_at"],
                            name="sim_refund_to_resolve",
                        ),
                        models.Index(
                            condition=models.Q(("payout", None), ("state", "done")),
                            fields=["payment"],
                            name="sim_refund_to_pay_out",
                        ),
                        models.Index(
                            condition=models.Q(("payout", None), _negated=True),
                            fields=["payout"],
                            name="sim_refund_paid_out",
                        ),
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("amount__gt", 0)), name="payments_sim_refund_positive"
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Transfer",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("trf", primary_key=True, serialize=False)),
                    (
                        "key",
                        models.CharField(
                            help_text="Names what happened; it can be posted once.", max_length=80
                        ),
                    ),
                    (
                        "input_hash",
                        models.CharField(help_text="Of kind, subject and entries.", max_length=32),
                    ),
                    ("kind", models.CharField(max_length=20)),
                    (
                        "subject",
                        models.CharField(help_text="Public id of what the money is for.", max_length=40),
                    ),
                    ("at", models.DateTimeField()),
                    (
                        "reverses",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            help_text="The transfer that this one takes back.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="reversals",
                            to="orders.transfer",
                        ),
                    ),
                ],
                options={
                    "db_table": "ledger_transfer",
                    "ordering": ["-id"],
                    "indexes": [models.Index(fields=["subject"], name="transfer_by_subject")],
                    "constraints": [
                        models.UniqueConstraint(fields=("key",), name="transfer_once_per_key"),
                        models.UniqueConstraint(
                            condition=models.Q(("reverses", None), _negated=True),
                            fields=("reverses",),
                            name="transfer_reversed_once",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Account",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("acc", primary_key=True, serialize=False)),
                    ("kind", models.CharField(max_length=20)),
                    (
                        "owner",
                        models.CharField(
                            blank=True, help_text="Public id; empty for the marketplace.", max_length=40
                        ),
                    ),
                    ("currency", models.CharField(max_length=3)),
                    (
                        "balance",
                        models.BigIntegerField(default=0, help_text="Credits less debits, in minor units."),
                    ),
                    ("version", models.BigIntegerField(default=0, help_text="How many entries it has.")),
                    ("may_go_negative", models.BooleanField()),
                ],
                options={
                    "db_table": "ledger_account",
                    "ordering": ["kind", "owner", "currency"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("kind", "owner", "currency"), name="one_account_per_owner_and_currency"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("balance__gte", 0), ("may_go_negative", True), _connector="OR"
                            ),
                            name="account_not_overdrawn",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("version__gte", 0)), name="account_version_not_negative"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Entry",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    ("amount", models.BigIntegerField()),
                    ("balance_after", models.BigIntegerField()),
                    ("account_version", models.BigIntegerField()),
                    (
                        "account",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="entries",
                            to="orders.account",
                        ),
                    ),
                    (
                        "transfer",
                        models.ForeignKey(
                            db_constraint=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="entries",
                            to="orders.transfer",
                        ),
                    ),
                ],
                options={
                    "verbose_name_plural": "entries",
                    "db_table": "ledger_entry",
                    "ordering": ["id"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("account", "account_version"), name="entry_once_per_version"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("amount", 0), _negated=True), name="entry_moves_something"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("account_version__gte", 1)), name="entry_version_positive"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ReceivedPayout",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("rpo", primary_key=True, serialize=False)),
                    ("gateway_id", models.CharField(max_length=64)),
                    (
                        "amount",
                        models.BigIntegerField(help_text="What it held and pays out: captures less refunds."),
                    ),
                    ("fee", models.BigIntegerField(help_text="What it keeps of that.")),
                    ("currency", models.CharField(max_length=3)),
                    ("paid_at", models.DateTimeField(help_text="When, by the gateway's clock.")),
                    (
                        "listed",
                        models.BooleanField(
                            default=False,
                            help_text="It stood in the gateway's list, which is read on from the last such.",
                        ),
                    ),
                    ("recorded_at", models.DateTimeField()),
                ],
                options={
                    "ordering": ["-id"],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("listed", True)),
                            fields=["paid_at", "gateway_id"],
                            name="payout_listed",
                        )
                    ],
                    "constraints": [
                        models.UniqueConstraint(fields=("gateway_id",), name="gateway_payout_once"),
                        models.CheckConstraint(
                            condition=models.Q(("fee__gte", 0), ("amount__gt", models.F("fee"))),
                            name="payout_pays_something",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="SettlementRun",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("srn", primary_key=True, serialize=False)),
                    ("period_start", models.DateTimeField(unique=True)),
                    (
                        "period_end",
                        models.DateTimeField(help_text="Lines whose return window ended before are settled."),
                    ),
                    (
                        "stage",
                        models.CharField(
                            choices=[
                                ("lines", "Lines"),
                                ("statements", "Statements"),
                                ("closing", "Closing"),
                                ("done", "Done"),
                            ],
                            default="lines",
                            max_length=10,
                        ),
                    ),
                    ("started_at", models.DateTimeField()),
                    ("done_at", models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    "ordering": ["-period_start"],
                },
            ),
            migrations.CreateModel(
                name="Payout",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("pyo", primary_key=True, serialize=False)),
                    (
                        "party",
                        models.CharField(
                            choices=[("brand", "Brand"), ("streamer", "Streamer"), ("agency", "Agency")],
                            max_length=8,
                        ),
                    ),
                    (
                        "owner",
                        models.CharField(
                            help_text="Public id of the brand, streamer or agency.", max_length=40
                        ),
                    ),
                    ("currency", models.CharField(max_length=3)),
                    (
                        "amount",
                        models.BigIntegerField(
                            help_text="Fixed when it is sent; until then what there was when made."
                        ),
                    ),
                    (
                        "state",
                        models.CharField(
                            choices=[
                                ("pending", "Pending"),
                                ("sent", "Sent"),
                                ("done", "Done"),
                                ("failed", "Failed"),
                            ],
                            default="pending",
                            max_length=7,
                        ),
                    ),
                    (
                        "declined",
                        models.PositiveSmallIntegerField(
                            default=0,
                            help_text="How often the bank said no; the next try then has a new key.",
                        ),
                    ),
                    ("next_attempt_at", models.DateTimeField()),
                    ("last_error", models.CharField(blank=True, max_length=40)),
                    ("created_at", models.DateTimeField()),
                    ("sent_at", models.DateTimeField(blank=True, null=True)),
                    ("done_at", models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    "ordering": ["-id"],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("state", "done"), _negated=True),
                            fields=["next_attempt_at"],
                            name="payout_to_send",
                        ),
                        models.Index(fields=["owner", "id"], name="payout_by_owner"),
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("state", "done"), _negated=True),
                            fields=("owner", "currency"),
                            name="one_open_payout_per_party",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("amount__gte", 1)), name="payout_amount_positive"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Statement",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("stm", primary_key=True, serialize=False)),
                    (
                        "party",
                        models.CharField(
                            choices=[("brand", "Brand"), ("streamer", "Streamer"), ("agency", "Agency")],
                            max_length=8,
                        ),
                    ),
                    (
                        "owner",
                        models.CharField(
                            help_text="Public id of the brand, streamer or agency.", max_length=40
                        ),
                    ),
                    ("currency", models.CharField(max_length=3)),
                    (
                        "state",
                        models.CharField(
                            choices=[
                                ("open", "Open"),
                                ("closed", "Closed"),
                                ("paid", "Paid"),
                                ("failed", "Failed"),
                            ],
                            default="open",
                            max_length=6,
                        ),
                    ),
                    ("lines", models.PositiveIntegerField()),
                    ("gross", models.BigIntegerField()),
                    ("refunded", models.BigIntegerField()),
                    ("commission", models.BigIntegerField()),
                    ("fee", models.BigIntegerField()),
                    (
                        "net",
                        models.BigIntegerField(
                            help_text="The party's part, in minor units; negative when it owes."
                        ),
                    ),
                    ("created_at", models.DateTimeField()),
                    ("closed_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "run",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="statements",
                            to="orders.settlementrun",
                        ),
                    ),
                    ("discount", models.BigIntegerField(db_default=0, default=0)),
                    ("platform_funded", models.BigIntegerField(db_default=0, default=0)),
                    ("streamer_funded", models.BigIntegerField(db_default=0, default=0)),
                    (
                        "slot_fees",
                        models.BigIntegerField(
                            db_default=0,
                            default=0,
                            help_text="For minutes on air: held and returned, or earned.",
                        ),
                    ),
                    (
                        "payout",
                        models.ForeignKey(
                            blank=True,
                            db_index=False,
                            help_text="The one that has, or had at its last try, the statement's money in it.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="orders.payout",
                        ),
                    ),
                ],
                options={
                    "ordering": ["-id"],
                    "indexes": [models.Index(fields=["owner", "currency", "id"], name="statement_by_owner")],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("run", "owner", "currency"), name="statement_once_per_party_and_period"
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Hold",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("hld", primary_key=True, serialize=False)),
                    (
                        "reason",
                        models.CharField(
                            choices=[
                                ("return", "an open return"),
                                ("dispute", "an open dispute"),
                                ("reserve", "much has come back lately"),
                                ("review", "the marketplace looks at it"),
                            ],
                            max_length=8,
                        ),
                    ),
                    ("subject", models.CharField(help_text="Public id of what it is about.", max_length=40)),
                    ("amount", models.BigIntegerField()),
                    ("currency", models.CharField(max_length=3)),
                    (
                        "release_at",
                        models.DateTimeField(blank=True, help_text="When it ends by itself.", null=True),
                    ),
                    ("released_at", models.DateTimeField(blank=True, null=True)),
                    ("created_at", models.DateTimeField()),
                    (
                        "line",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="holds",
                            to="orders.orderline",
                        ),
                    ),
                    (
                        "statement",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="holds",
                            to="orders.statement",
                        ),
                    ),
                ],
                options={
                    "ordering": ["-id"],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("released_at", None)),
                            fields=["release_at"],
                            name="hold_to_release",
                        )
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("line__isnull", False), ("released_at", None)),
                            fields=("line", "subject"),
                            name="one_open_hold_per_line_and_subject",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("reason", "reserve")),
                            fields=("statement",),
                            name="one_reserve_per_statement",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("line", None), ("statement__isnull", False)),
                                models.Q(("line__isnull", False), ("statement", None)),
                                _connector="OR",
                            ),
                            name="hold_is_of_line_or_statement",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("amount__gte", 1)), name="hold_amount_positive"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ReserveTier",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "from_rate_bp",
                        models.PositiveIntegerField(
                            help_text="Money back in 10,000 of money paid.", unique=True
                        ),
                    ),
                    (
                        "share_bp",
                        models.PositiveIntegerField(
                            help_text="Kept back, in 10,000 of what the party is owed."
                        ),
                    ),
                    ("days", models.PositiveSmallIntegerField()),
                ],
                options={
                    "ordering": ["from_rate_bp"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("share_bp__lte", 10000)), name="reserve_at_most_all"
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="SettledLine",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "refund",
                        models.CharField(
                            blank=True, help_text="Public id of what took it back.", max_length=40
                        ),
                    ),
                    ("currency", models.CharField(max_length=3)),
                    ("gross", models.BigIntegerField(help_text="The price before discounts.")),
                    ("refunded", models.BigIntegerField(help_text="What went back to the buyer.")),
                    ("brand_part", models.BigIntegerField()),
                    ("streamer_part", models.BigIntegerField()),
                    ("agency_part", models.BigIntegerField()),
                    ("platform_part", models.BigIntegerField()),
                    ("at", models.DateTimeField()),
                    (
                        "agency",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="streams.agency",
                        ),
                    ),
                    (
                        "brand",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="marketplace.brand",
                        ),
                    ),
                    (
                        "line",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="settled",
                            to="orders.orderline",
                        ),
                    ),
                    (
                        "order",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="orders.order",
                        ),
                    ),
                    (
                        "streamer",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="streams.streamer",
                        ),
                    ),
                    (
                        "run",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            help_text="Whose statements it stands in; none yet for what was taken back since the last run.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="orders.settlementrun",
                        ),
                    ),
                    (
                        "discount",
                        models.BigIntegerField(
                            db_default=0,
                            default=0,
                            help_text="What came off it, whoever pays: the buyer paid the rest.",
                        ),
                    ),
                    (
                        "platform_funded",
                        models.BigIntegerField(
                            db_default=0, default=0, help_text="What the marketplace paid of the discount."
                        ),
                    ),
                    (
                        "streamer_funded",
                        models.BigIntegerField(
                            db_default=0, default=0, help_text="What the streamer paid of the discount."
                        ),
                    ),
                ],
                options={
                    "ordering": ["id"],
                    "indexes": [
                        models.Index(fields=["brand", "run", "id"], name="settled_by_brand"),
                        models.Index(fields=["streamer", "run", "id"], name="settled_by_streamer"),
                        models.Index(
                            condition=models.Q(("agency__isnull", False)),
                            fields=["agency", "run", "id"],
                            name="settled_by_agency",
                        ),
                        models.Index(
                            condition=models.Q(("run", None)), fields=["id"], name="settled_in_no_statement"
                        ),
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("refund", "")), fields=("line",), name="line_settled_once"
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("refund", ""), _negated=True),
                            fields=("line", "refund"),
                            name="line_clawed_back_once",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                (
                                    "gross",
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                django.db.models.expressions.CombinedExpression(
                                                    django.db.models.expressions.CombinedExpression(
                                                        django.db.models.expressions.CombinedExpression(
                                                            models.F("discount"), "+", models.F("refunded")
                                                        ),
                                                        "-",
                                                        models.F("platform_funded"),
                                                    ),
                                                    "+",
                                                    models.F("brand_part"),
                                                ),
                                                "+",
                                                models.F("streamer_part"),
                                            ),
                                            "+",
                                            models.F("agency_part"),
                                        ),
                                        "+",
                                        models.F("platform_part"),
                                    ),
                                )
                            ),
                            name="settled_parts_sum_to_whole",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="SimulatedBankTransfer",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("bkt", primary_key=True, serialize=False)),
                    ("key", models.CharField(max_length=80, unique=True)),
                    ("reference", models.CharField(max_length=40)),
                    ("receiver", models.CharField(max_length=40)),
                    ("amount", models.BigIntegerField()),
                    ("currency", models.CharField(max_length=3)),
                    (
                        "state",
                        models.CharField(
                            choices=[("sent", "Sent"), ("done", "Done"), ("failed", "Failed")], max_length=6
                        ),
                    ),
                    ("failure_code", models.CharField(blank=True, max_length=40)),
                    ("resolves_at", models.DateTimeField()),
                    (
                        "messages",
                        models.PositiveSmallIntegerField(
                            default=0, help_text="How often its outcome is yet to be told."
                        ),
                    ),
                ],
                options={
                    "db_table": "payments_sim_bank_transfer",
                    "ordering": ["id"],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("messages__gt", 0)),
                            fields=["resolves_at"],
                            name="bank_transfer_to_tell",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="CommissionLine",
                fields=[],
                options={
                    "verbose_name": "commission",
                    "proxy": True,
                    "indexes": [],
                    "constraints": [],
                },
                bases=("orders.orderline",),
            ),
            migrations.CreateModel(
                name="SlotFee",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("fee", primary_key=True, serialize=False)),
                    (
                        "agency_share_bp",
                        models.PositiveIntegerField(default=0, help_text="Agency's share of what is paid."),
                    ),
                    ("amount", models.BigIntegerField(help_text="For all of the minutes, in minor units.")),
                    ("currency", models.CharField(max_length=3)),
                    ("minutes", models.PositiveIntegerField(help_text="Promised on air.")),
                    (
                        "counted_minutes",
                        models.PositiveIntegerField(blank=True, help_text="Found by the audit.", null=True),
                    ),
                    ("paid", models.BigIntegerField(default=0, help_text="To streamer and agency.")),
                    (
                        "state",
                        models.CharField(
                            choices=[
                                ("offered", "offered: held when the show begins"),
                                ("withdrawn", "withdrawn before the show"),
                                ("void", "void: the show was called off"),
                                ("uncovered", "not held: the brand had not enough"),
                                ("held", "held until the minutes are counted"),
                                ("settled", "paid by the minute, the rest returned"),
                            ],
                            default="offered",
                            max_length=9,
                        ),
                    ),
                    ("offered_at", models.DateTimeField()),
                    ("held_at", models.DateTimeField(blank=True, null=True)),
                    ("settled_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "agency",
                        models.ForeignKey(
                            help_text="When the fee was held.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="streams.agency",
                        ),
                    ),
                    (
                        "brand",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="marketplace.brand",
                        ),
                    ),
                    (
                        "session",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="streams.session",
                        ),
                    ),
                    (
                        "slot",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.PROTECT, related_name="+", to="streams.slot"
                        ),
                    ),
                    (
                        "streamer",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="streams.streamer",
                        ),
                    ),
                ],
                options={
                    "ordering": ["-id"],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("state__in", ["offered", "held"])),
                            fields=["session"],
                            name="fee_to_hold_or_settle",
                        )
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("amount__gte", 1), ("minutes__gte", 1)),
                            name="fee_is_for_something",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("paid__gte", 0), ("paid__lte", models.F("amount"))),
                            name="fee_paid_within_amount",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="FeeMove",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "step",
                        models.CharField(choices=[("held", "Held"), ("settled", "Settled")], max_length=7),
                    ),
                    ("currency", models.CharField(max_length=3)),
                    ("amount", models.BigIntegerField(help_text="Out of escrow.")),
                    ("brand_part", models.BigIntegerField()),
                    ("streamer_part", models.BigIntegerField(default=0)),
                    ("agency_part", models.BigIntegerField(default=0)),
                    ("at", models.DateTimeField()),
                    (
                        "agency",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="streams.agency",
                        ),
                    ),
                    (
                        "brand",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="marketplace.brand",
                        ),
                    ),
                    (
                        "run",
                        models.ForeignKey(
                            help_text="Whose statements it stands in; none yet since the last run.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="orders.settlementrun",
                        ),
                    ),
                    (
                        "streamer",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="streams.streamer",
                        ),
                    ),
                    (
                        "fee",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="moves",
                            to="orders.slotfee",
                        ),
                    ),
                ],
                options={
                    "ordering": ["id"],
                    "constraints": [
                        models.UniqueConstraint(fields=("fee", "step"), name="fee_moves_once_per_step"),
                        models.CheckConstraint(
                            condition=models.Q(
                                (
                                    "amount",
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("brand_part"), "+", models.F("streamer_part")
                                        ),
                                        "+",
                                        models.F("agency_part"),
                                    ),
                                )
                            ),
                            name="fee_parts_sum_to_whole",
                        ),
                    ],
                },
            ),
        ),
        migrations.RunPython(append_only.refuse, append_only.allow),
        migrations.RunPython(settlement.add_tiers, migrations.RunPython.noop),
    ]
