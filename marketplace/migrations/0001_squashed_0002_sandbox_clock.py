"""What 0001 to 0002 come to, for a database that has none of them: each table is made once, as it is to be."""

from datetime import timedelta

import django.contrib.auth.models
import django.contrib.auth.validators
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import marketplace.lib.fields
from marketplace.lib.tables import CreateModels


class Migration(migrations.Migration):
    replaces = [("marketplace", "0001_initial"), ("marketplace", "0002_sandbox_clock")]

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name="Brand",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("brd", primary_key=True, serialize=False)),
                    ("name", models.CharField(max_length=120, unique=True)),
                    ("slug", models.SlugField(max_length=60, unique=True)),
                    ("description", models.TextField(blank=True, max_length=4000)),
                    (
                        "country",
                        models.CharField(
                            blank=True, help_text="ISO 3166-1 alpha-2, where it ships from.", max_length=2
                        ),
                    ),
                    ("created_at", models.DateTimeField()),
                ],
                options={
                    "ordering": ["id"],
                },
            ),
            migrations.CreateModel(
                name="Category",
                fields=[
                    ("slug", models.SlugField(max_length=40, primary_key=True, serialize=False)),
                    ("name", models.CharField(max_length=80)),
                    (
                        "fee_bp",
                        models.PositiveIntegerField(
                            default=500, help_text="Platform fee in basis points of what the buyer paid."
                        ),
                    ),
                ],
                options={
                    "verbose_name_plural": "categories",
                    "ordering": ["slug"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("fee_bp__lte", 10000)), name="category_fee_at_most_all"
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Product",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("prd", primary_key=True, serialize=False)),
                    ("title", models.CharField(max_length=120)),
                    ("description", models.TextField(blank=True, max_length=8000)),
                    (
                        "return_policy",
                        models.CharField(
                            choices=[
                                ("standard", "7 days without a reason"),
                                ("perishable", "damage claims within 48 hours"),
                                ("made_to_order", "made to order"),
                                ("none", "no returns where the law allows it"),
                            ],
                            default="standard",
                            max_length=20,
                        ),
                    ),
                    ("perishable", models.BooleanField(default=False)),
                    (
                        "state",
                        models.CharField(
                            choices=[
                                ("draft", "Draft"),
                                ("published", "Published"),
                                ("archived", "Archived"),
                            ],
                            default="draft",
                            max_length=10,
                        ),
                    ),
                    ("created_at", models.DateTimeField()),
                    ("updated_at", models.DateTimeField()),
                    (
                        "brand",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="products",
                            to="marketplace.brand",
                        ),
                    ),
                    (
                        "category",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="products",
                            to="marketplace.category",
                        ),
                    ),
                ],
                options={
                    "ordering": ["id"],
                    "indexes": [models.Index(fields=["brand", "state"], name="product_brand_state")],
                },
            ),
            migrations.CreateModel(
                name="Variant",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("var", primary_key=True, serialize=False)),
                    ("sku", models.CharField(max_length=64)),
                    (
                        "title",
                        models.CharField(
                            blank=True, help_text="What sets it apart: “500 g”, “red, M”.", max_length=120
                        ),
                    ),
                    (
                        "list_price",
                        models.BigIntegerField(
                            help_text="In minor units.",
                            validators=[django.core.validators.MinValueValidator(1)],
                        ),
                    ),
                    ("currency", models.CharField(max_length=3)),
                    ("weight_grams", models.PositiveIntegerField(default=0)),
                    ("active", models.BooleanField(default=True)),
                    (
                        "brand",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="marketplace.brand",
                        ),
                    ),
                    (
                        "product",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="variants",
                            to="marketplace.product",
                        ),
                    ),
                ],
                options={
                    "ordering": ["id"],
                    "constraints": [
                        models.UniqueConstraint(fields=("brand", "sku"), name="sku_once_per_brand"),
                        models.CheckConstraint(
                            condition=models.Q(("list_price__gte", 1)), name="list_price_positive"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="StockLevel",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("stk", primary_key=True, serialize=False)),
                    ("on_hand", models.BigIntegerField(default=0)),
                    ("held", models.BigIntegerField(default=0)),
                    (
                        "variant",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="stock",
                            to="marketplace.variant",
                        ),
                    ),
                ],
                options={
                    "ordering": ["id"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("held__gte", 0)), name="held_not_negative"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("held__lte", models.F("on_hand"))),
                            name="held_at_most_on_hand",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="User",
                fields=[
                    ("password", models.CharField(max_length=128, verbose_name="password")),
                    ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                    (
                        "is_superuser",
                        models.BooleanField(
                            default=False,
                            help_text="Designates that this user has all permissions without explicitly assigning them.",
                            verbose_name="superuser status",
                        ),
                    ),
                    (
                        "username",
                        models.CharField(
                            error_messages={"unique": "A user with that username already exists."},
                            help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                            max_length=150,
                            unique=True,
                            validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                            verbose_name="username",
                        ),
                    ),
                    ("first_name", models.CharField(blank=True, max_length=150, verbose_name="first name")),
                    ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
                    ("email", models.EmailField(blank=True, max_length=254, verbose_name="email address")),
                    (
                        "is_staff",
                        models.BooleanField(
                            default=False,
                            help_text="Designates whether the user can log into this admin site.",
                            verbose_name="staff status",
                        ),
                    ),
                    (
                        "is_active",
                        models.BooleanField(
                            default=True,
                            help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                            verbose_name="active",
                        ),
                    ),
                    (
                        "date_joined",
                        models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined"),
                    ),
                    ("id", marketplace.lib.fields.PrefixedIdField("usr", primary_key=True, serialize=False)),
                    (
                        "display_name",
                        models.CharField(
                            blank=True, help_text="Shown in chat and on receipts.", max_length=60
                        ),
                    ),
                    (
                        "groups",
                        models.ManyToManyField(
                            blank=True,
                            help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                            related_name="user_set",
                            related_query_name="user",
                            to="auth.group",
                            verbose_name="groups",
                        ),
                    ),
                    (
                        "user_permissions",
                        models.ManyToManyField(
                            blank=True,
                            help_text="Specific permissions for this user.",
                            related_name="user_set",
                            related_query_name="user",
                            to="auth.permission",
                            verbose_name="user permissions",
                        ),
                    ),
                ],
                options={
                    "ordering": ["id"],
                },
                managers=[
                    ("objects", django.contrib.auth.models.UserManager()),
                ],
            ),
            migrations.CreateModel(
                name="ApiToken",
                fields=[
                    ("token_key", models.CharField(db_index=True, max_length=25)),
                    ("expiry", models.DateTimeField(blank=True, null=True)),
                    ("id", marketplace.lib.fields.PrefixedIdField("tok", primary_key=True, serialize=False)),
                    ("digest", models.CharField(editable=False, max_length=128, unique=True)),
                    ("created", models.DateTimeField()),
                    (
                        "name",
                        models.CharField(
                            help_text="What the token is for, in its owner's words.", max_length=80
                        ),
                    ),
                    ("scopes", models.JSONField(default=list, help_text="Values of Scope.")),
                    (
                        "user",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="auth_token_set",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "ordering": ["id"],
                },
            ),
            migrations.CreateModel(
                name="Fact",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("evt", primary_key=True, serialize=False)),
                    ("type", models.CharField(help_text="Such as order.paid.", max_length=60)),
                    ("subject", models.CharField(help_text="Public id of what changed.", max_length=40)),
                    ("payload", models.JSONField()),
                    ("at", models.DateTimeField()),
                ],
                options={
                    "ordering": ["id"],
                    "indexes": [models.Index(fields=["subject"], name="fact_by_subject")],
                },
            ),
            migrations.CreateModel(
                name="IdempotencyRecord",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("idm", primary_key=True, serialize=False)),
                    (
                        "caller",
                        models.CharField(help_text="Public id of the person who asked.", max_length=64),
                    ),
                    (
                        "route",
                        models.CharField(
                            help_text="Method and route template, such as POST /api/v1/tokens.",
                            max_length=200,
                        ),
                    ),
                    ("key", models.CharField(help_text="The caller's Idempotency-Key.", max_length=255)),
                    (
                        "input_hash",
                        models.CharField(help_text="SHA-256 of path, query and body.", max_length=64),
                    ),
                    ("status", models.PositiveSmallIntegerField(help_text="HTTP status of the answer.")),
                    ("body", models.TextField(blank=True, help_text="Body of the answer, as it was sent.")),
                    ("created_at", models.DateTimeField(db_index=True)),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("caller", "route", "key"), name="idempotency_record_once"
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="ProductPicture",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("pic", primary_key=True, serialize=False)),
                    ("file", models.FileField(upload_to="products/")),
                    (
                        "alt",
                        models.CharField(
                            help_text="What the picture shows, for those who cannot see it.", max_length=200
                        ),
                    ),
                    ("position", models.PositiveSmallIntegerField(default=0)),
                    (
                        "product",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="pictures",
                            to="marketplace.product",
                        ),
                    ),
                ],
                options={
                    "ordering": ["position", "id"],
                },
            ),
            migrations.CreateModel(
                name="StockMovement",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("mov", primary_key=True, serialize=False)),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("restock", "Restock"),
                                ("correction", "Correction"),
                                ("hold", "Hold"),
                                ("release", "Release"),
                                ("ship", "Ship"),
                                ("return", "Return"),
                            ],
                            max_length=10,
                        ),
                    ),
                    ("on_hand_delta", models.BigIntegerField()),
                    ("held_delta", models.BigIntegerField()),
                    (
                        "reference",
                        models.CharField(
                            help_text="The order, session or note that moved the units.", max_length=80
                        ),
                    ),
                    ("at", models.DateTimeField()),
                    (
                        "level",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="movements",
                            to="marketplace.stocklevel",
                        ),
                    ),
                ],
                options={
                    "indexes": [models.Index(fields=["level", "-id"], name="movement_by_level")],
                },
            ),
            migrations.CreateModel(
                name="BrandMember",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "role",
                        models.CharField(
                            choices=[("owner", "Owner"), ("staff", "Staff")], default="staff", max_length=10
                        ),
                    ),
                    (
                        "brand",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="members",
                            to="marketplace.brand",
                        ),
                    ),
                    (
                        "user",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="brand_memberships",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(fields=("brand", "user"), name="brand_member_once")
                    ],
                },
            ),
            migrations.CreateModel(
                name="SandboxClock",
                fields=[
                    ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                    (
                        "ahead",
                        models.DurationField(
                            default=timedelta(0), help_text="How far it runs ahead of the machines'."
                        ),
                    ),
                    (
                        "holder",
                        models.CharField(
                            blank=True, help_text="Who is moving it; empty for nobody.", max_length=40
                        ),
                    ),
                    (
                        "held_until",
                        models.DateTimeField(help_text="When a holder that died is forgotten.", null=True),
                    ),
                    ("report", models.JSONField(help_text="What ran when it was moved last.", null=True)),
                ],
                options={
                    "db_table": "marketplace_sandbox_clock",
                    "constraints": [
                        models.CheckConstraint(condition=models.Q(("id", 1)), name="sandbox_clock_is_one"),
                        models.CheckConstraint(
                            condition=models.Q(("ahead__gte", timedelta(0))),
                            name="sandbox_clock_not_behind",
                        ),
                    ],
                },
            ),
        ),
    ]
