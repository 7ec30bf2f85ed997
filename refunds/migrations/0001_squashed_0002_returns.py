"""What 0001 to 0002 come to, for a database that has none of them: each table is made once, as it is to be."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import marketplace.lib.fields
from marketplace.lib.tables import CreateModels


class Migration(migrations.Migration):
    replaces = [("refunds", "0001_initial"), ("refunds", "0002_returns")]

    initial = True

    dependencies = [
        ("marketplace", "0001_initial"),
        ("orders", "0007_returns"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name="Refund",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("rfd", primary_key=True, serialize=False)),
                    ("amount", models.BigIntegerField()),
                    ("currency", models.CharField(max_length=3)),
                    (
                        "state",
                        models.CharField(
                            choices=[
                                ("created", "Created"),
                                ("sent", "Sent"),
                                ("done", "Done"),
                                ("failed", "Failed"),
                            ],
                            default="created",
                            max_length=8,
                        ),
                    ),
                    (
                        "reason",
                        models.CharField(
                            choices=[
                                ("cancelled", "cancelled before shipping"),
                                ("late_capture", "paid after the order had closed"),
                                ("returned", "returned, or claimed as damaged or missing"),
                            ],
                            max_length=16,
                        ),
                    ),
                    ("gateway_id", models.CharField(blank=True, max_length=64)),
                    ("attempts", models.PositiveSmallIntegerField(default=0)),
                    (
                        "declined",
                        models.PositiveSmallIntegerField(
                            default=0,
                            help_text="How often the gateway said no for good; the next try then has a new key.",
                        ),
                    ),
                    ("next_attempt_at", models.DateTimeField()),
                    ("last_error", models.CharField(blank=True, max_length=200)),
                    ("created_at", models.DateTimeField()),
                    ("done_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "order",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="refunds",
                            to="orders.order",
                        ),
                    ),
                    (
                        "payment",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="refunds",
                            to="orders.payment",
                        ),
                    ),
                    (
                        "line",
                        models.ForeignKey(
                            blank=True,
                            help_text="The line that a return is of; empty when it is about several, or the whole order.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="refunds",
                            to="orders.orderline",
                        ),
                    ),
                ],
                options={
                    "ordering": ["id"],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("state", "done"), _negated=True),
                            fields=["next_attempt_at"],
                            name="refund_to_send",
                        )
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("amount__gte", 1)), name="refund_amount_positive"
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("reason", "late_capture")),
                            fields=("payment",),
                            name="one_refund_of_a_late_capture",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Return",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("rtn", primary_key=True, serialize=False)),
                    (
                        "type",
                        models.CharField(
                            choices=[
                                ("refund_only", "Refund only"),
                                ("return_and_refund", "Return and refund"),
                            ],
                            max_length=20,
                        ),
                    ),
                    (
                        "reason",
                        models.CharField(
                            choices=[
                                ("no_reason", "No reason"),
                                ("not_as_described", "Not as described"),
                                ("damaged", "Damaged"),
                                ("not_received", "Not received"),
                                ("wrong_item", "Wrong item"),
                                ("quality", "Quality"),
                                ("other", "Other"),
                            ],
                            max_length=20,
                        ),
                    ),
                    ("text", models.TextField(blank=True, max_length=1000)),
                    ("units", models.PositiveIntegerField()),
                    (
                        "share",
                        models.PositiveSmallIntegerField(
                            default=100,
                            help_text="Per cent of the units' price that is claimed; less for goods damaged in part.",
                        ),
                    ),
                    (
                        "amount",
                        models.BigIntegerField(
                            help_text="What the buyer gets if it is granted, in minor units."
                        ),
                    ),
                    ("currency", models.CharField(max_length=3)),
                    (
                        "state",
                        models.CharField(
                            choices=[
                                ("requested", "Requested"),
                                ("offered", "Offered"),
                                ("approved", "Approved"),
                                ("in_transit", "In transit"),
                                ("received", "Received"),
                                ("rejected", "Rejected"),
                                ("refused_at_inspection", "Refused at inspection"),
                                ("disputed", "Disputed"),
                                ("refunded", "Refunded"),
                                ("accepted", "Accepted"),
                                ("decided_for_buyer", "Decided for buyer"),
                                ("decided_for_seller", "Decided for seller"),
                                ("withdrawn", "Withdrawn"),
                                ("closed", "Closed"),
                            ],
                            default="requested",
                            max_length=24,
                        ),
                    ),
                    (
                        "deadline",
                        models.DateTimeField(
                            blank=True,
                            help_text="When the default happens by itself; empty when it is over.",
                            null=True,
                        ),
                    ),
                    (
                        "offered",
                        models.BigIntegerField(blank=True, help_text="The seller's last offer.", null=True),
                    ),
                    (
                        "offers",
                        models.PositiveSmallIntegerField(
                            default=0, help_text="How many offers the seller has made."
                        ),
                    ),
                    ("carrier", models.CharField(blank=True, max_length=40)),
                    ("tracking_number", models.CharField(blank=True, max_length=60)),
                    (
                        "instant",
                        models.BooleanField(default=False, help_text="Granted at once to a trusted buyer."),
                    ),
                    (
                        "restocked",
                        models.BooleanField(default=False, help_text="Its units are back on the shelf."),
                    ),
                    ("created_at", models.DateTimeField()),
                    ("updated_at", models.DateTimeField()),
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
                        "buyer",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "line",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="returns",
                            to="orders.orderline",
                        ),
                    ),
                    (
                        "order",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="returns",
                            to="orders.order",
                        ),
                    ),
                    (
                        "refund",
                        models.OneToOneField(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="case",
                            to="refunds.refund",
                        ),
                    ),
                ],
                options={
                    "ordering": ["-id"],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("deadline__isnull", False)),
                            fields=["deadline"],
                            name="return_due",
                        ),
                        models.Index(fields=["buyer", "id"], name="return_by_buyer"),
                        models.Index(fields=["brand", "id"], name="return_by_brand"),
                        models.Index(fields=["brand", "state", "id"], name="return_by_brand_state"),
                        models.Index(fields=["state", "id"], name="return_by_state"),
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("units__gte", 1), ("amount__gte", 1)),
                            name="return_of_something",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("share__gte", 1), ("share__lte", 100)),
                            name="return_share_percent",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("offered__isnull", True),
                                models.Q(("offered__gte", 1), ("offered__lte", models.F("amount"))),
                                _connector="OR",
                            ),
                            name="offer_within_return",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Evidence",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("evd", primary_key=True, serialize=False)),
                    (
                        "file",
                        models.CharField(
                            help_text="Name in the store of evidence.", max_length=60, unique=True
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[("png", "PNG"), ("jpg", "JPEG"), ("webp", "WebP"), ("pdf", "PDF")],
                            max_length=4,
                        ),
                    ),
                    ("size", models.PositiveIntegerField(help_text="In bytes.")),
                    ("created_at", models.DateTimeField()),
                    (
                        "owner",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "case",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="evidence",
                            to="refunds.return",
                        ),
                    ),
                ],
                options={
                    "verbose_name_plural": "evidence",
                    "ordering": ["id"],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("case", None)), fields=["created_at"], name="evidence_unused"
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="ReturnHistory",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    ("from_state", models.CharField(blank=True, max_length=24)),
                    ("to_state", models.CharField(max_length=24)),
                    (
                        "actor",
                        models.CharField(
                            help_text="Public id of who did it, or the name of a sweep.", max_length=40
                        ),
                    ),
                    ("note", models.TextField(blank=True, max_length=1000)),
                    ("at", models.DateTimeField()),
                    (
                        "case",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="history",
                            to="refunds.return",
                        ),
                    ),
                ],
                options={
                    "verbose_name_plural": "return history",
                    "ordering": ["id"],
                },
            ),
        ),
    ]
