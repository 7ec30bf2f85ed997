"""What 0001 to 0005 come to, for a database that has none of them: each table is made once, as it is to be."""

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import marketplace.lib.fields
import streams.models.sessions
from marketplace.lib.tables import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ("streams", "0001_initial"),
        ("streams", "0002_session_replay_sells"),
        ("streams", "0003_reminder"),
        ("streams", "0004_agency_member"),
        ("streams", "0005_slot_discounts"),
    ]

    initial = True

    dependencies = [
        ("marketplace", "0002_sandbox_clock"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name="Agency",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("agc", primary_key=True, serialize=False)),
                    ("name", models.CharField(max_length=120, unique=True)),
                    (
                        "share_bp",
                        models.PositiveIntegerField(
                            default=0, help_text="Basis points of the streamer's commission."
                        ),
                    ),
                    ("created_at", models.DateTimeField()),
                ],
                options={
                    "verbose_name_plural": "agencies",
                    "ordering": ["id"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("share_bp__lte", 10000)), name="agency_share_at_most_all"
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Streamer",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("str", primary_key=True, serialize=False)),
                    ("name", models.CharField(max_length=80, unique=True)),
                    ("bio", models.TextField(blank=True, max_length=2000)),
                    ("created_at", models.DateTimeField()),
                    (
                        "agency",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="streamers",
                            to="streams.agency",
                        ),
                    ),
                    (
                        "user",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="streamer",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "ordering": ["id"],
                },
            ),
            migrations.CreateModel(
                name="Session",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("ses", primary_key=True, serialize=False)),
                    ("title", models.CharField(max_length=120)),
                    ("description", models.TextField(blank=True, max_length=4000)),
                    ("cover", models.FileField(blank=True, upload_to="covers/")),
                    (
                        "source",
                        models.CharField(
                            choices=[("simulated", "Simulated"), ("hls", "Hls"), ("whep", "Whep")],
                            default="simulated",
                            max_length=10,
                        ),
                    ),
                    ("source_url", models.URLField(blank=True, max_length=500)),
                    (
                        "state",
                        models.CharField(
                            choices=[
                                ("draft", "Draft"),
                                ("scheduled", "Scheduled"),
                                ("rehearsal", "Rehearsal"),
                                ("live", "Live"),
                                ("paused", "Paused"),
                                ("ended", "Ended"),
                                ("cancelled", "Cancelled"),
                            ],
                            default="draft",
                            max_length=10,
                        ),
                    ),
                    ("scheduled_at", models.DateTimeField(blank=True, null=True)),
                    ("started_at", models.DateTimeField(blank=True, null=True)),
                    ("ended_at", models.DateTimeField(blank=True, null=True)),
                    ("payment_window_seconds", models.PositiveIntegerField(default=900)),
                    (
                        "slow_mode_seconds",
                        models.PositiveSmallIntegerField(
                            default=0, help_text="Least seconds between two messages."
                        ),
                    ),
                    ("likes", models.BigIntegerField(default=0)),
                    (
                        "epoch",
                        models.CharField(
                            default=streams.models.sessions.new_epoch, editable=False, max_length=16
                        ),
                    ),
                    ("last_seq", models.BigIntegerField(default=0, editable=False)),
                    ("last_digest", models.CharField(default="", editable=False, max_length=64)),
                    (
                        "stock_told",
                        models.JSONField(
                            default=dict,
                            editable=False,
                            help_text="Slot or deal id to [left, sold] as the room last heard it.",
                        ),
                    ),
                    ("stock_told_at", models.DateTimeField(editable=False, null=True)),
                    (
                        "stock_stale",
                        models.BooleanField(
                            default=False,
                            editable=False,
                            help_text="Units moved since the last stock.changed of this room.",
                        ),
                    ),
                    ("created_at", models.DateTimeField()),
                    (
                        "streamer",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="sessions",
                            to="streams.streamer",
                        ),
                    ),
                    (
                        "replay_sells",
                        models.BooleanField(
                            default=False,
                            help_text="Whether units may be bought after the show, at the live price.",
                        ),
                    ),
                ],
                options={
                    "ordering": ["id"],
                    "indexes": [models.Index(fields=["state", "scheduled_at"], name="session_lobby")],
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("state__in", ["rehearsal", "live", "paused"])),
                            fields=("streamer",),
                            name="one_session_on_air_per_streamer",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="RealtimeTicket",
                fields=[
                    ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                    ("expires_at", models.DateTimeField(db_index=True)),
                    ("used_at", models.DateTimeField(null=True)),
                    (
                        "user",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "ordering": ["expires_at"],
                },
            ),
            migrations.CreateModel(
                name="SessionHistory",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    ("from_state", models.CharField(max_length=10)),
                    ("to_state", models.CharField(max_length=10)),
                    (
                        "actor",
                        models.CharField(
                            help_text="Public id of who did it, or the name of a sweep.", max_length=40
                        ),
                    ),
                    ("at", models.DateTimeField()),
                    (
                        "session",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="history",
                            to="streams.session",
                        ),
                    ),
                ],
                options={
                    "verbose_name_plural": "session history",
                    "ordering": ["id"],
                },
            ),
            migrations.CreateModel(
                name="Slot",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("slt", primary_key=True, serialize=False)),
                    ("position", models.PositiveSmallIntegerField()),
                    ("live_price", models.BigIntegerField(help_text="In minor units, before discounts.")),
                    ("currency", models.CharField(max_length=3)),
                    (
                        "allocation",
                        models.BigIntegerField(
                            blank=True,
                            help_text="At most this many units in this session; empty for all there is.",
                            null=True,
                        ),
                    ),
                    ("taken", models.BigIntegerField(default=0)),
                    ("per_buyer_limit", models.PositiveIntegerField(blank=True, null=True)),
                    ("on_sale", models.BooleanField(default=True)),
                    ("pinned", models.BooleanField(default=False)),
                    (
                        "session",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="slots",
                            to="streams.session",
                        ),
                    ),
                    (
                        "variant",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="marketplace.variant",
                        ),
                    ),
                    (
                        "brand_discount",
                        models.BigIntegerField(default=0, help_text="Off each unit, at the brand's cost."),
                    ),
                    (
                        "platform_discount",
                        models.BigIntegerField(
                            default=0, help_text="Off each unit, paid by the marketplace."
                        ),
                    ),
                    (
                        "streamer_discount",
                        models.BigIntegerField(default=0, help_text="Off each unit, paid by the streamer."),
                    ),
                ],
                options={
                    "ordering": ["position", "id"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("session", "variant"), name="variant_once_per_session"
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("pinned", True)),
                            fields=("session",),
                            name="one_pinned_slot_per_session",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("live_price__gte", 1)), name="live_price_positive"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("taken__gte", 0)), name="slot_taken_not_negative"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("allocation", None), ("taken__lte", models.F("allocation")), _connector="OR"
                            ),
                            name="slot_taken_within_allocation",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("brand_discount__gte", 0),
                                ("platform_discount__gte", 0),
                                ("streamer_discount__gte", 0),
                                (
                                    "live_price__gt",
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("platform_discount"), "+", models.F("brand_discount")
                                        ),
                                        "+",
                                        models.F("streamer_discount"),
                                    ),
                                ),
                            ),
                            name="slot_discounts_below_price",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Deal",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("dl", primary_key=True, serialize=False)),
                    ("price", models.BigIntegerField(help_text="In minor units of the slot's currency.")),
                    ("quota", models.BigIntegerField()),
                    ("taken", models.BigIntegerField(default=0)),
                    ("per_buyer_limit", models.PositiveIntegerField(blank=True, null=True)),
                    ("opens_at", models.DateTimeField()),
                    ("closes_at", models.DateTimeField()),
                    ("closed_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "close_reason",
                        models.CharField(
                            blank=True,
                            choices=[("time", "Time"), ("host", "Host"), ("session", "Session")],
                            max_length=10,
                        ),
                    ),
                    (
                        "session",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="deals",
                            to="streams.session",
                        ),
                    ),
                    (
                        "slot",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="deals",
                            to="streams.slot",
                        ),
                    ),
                ],
                options={
                    "ordering": ["id"],
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("closed_at", None)),
                            fields=("slot",),
                            name="one_open_deal_per_slot",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("price__gte", 1)), name="deal_price_positive"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("taken__gte", 0)), name="deal_taken_not_negative"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("taken__lte", models.F("quota"))),
                            name="deal_taken_within_quota",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("closes_at__gt", models.F("opens_at"))),
                            name="deal_closes_after_it_opens",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Moderator",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "user",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="moderates",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "streamer",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="moderators",
                            to="streams.streamer",
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(fields=("streamer", "user"), name="moderator_once")
                    ],
                },
            ),
            migrations.CreateModel(
                name="Collaboration",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("col", primary_key=True, serialize=False)),
                    (
                        "kind",
                        models.CharField(
                            choices=[("open", "Open"), ("targeted", "Targeted"), ("exclusive", "Exclusive")],
                            max_length=10,
                        ),
                    ),
                    (
                        "rate_bp",
                        models.PositiveIntegerField(
                            help_text="Basis points of what the buyer paid, for every product."
                        ),
                    ),
                    ("starts_at", models.DateTimeField()),
                    ("ends_at", models.DateTimeField(blank=True, null=True)),
                    ("created_at", models.DateTimeField()),
                    (
                        "brand",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="collaborations",
                            to="marketplace.brand",
                        ),
                    ),
                    (
                        "streamer",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="collaborations",
                            to="streams.streamer",
                        ),
                    ),
                ],
                options={
                    "ordering": ["id"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("rate_bp__lte", 10000)), name="collaboration_rate_at_most_all"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("kind", "open"), ("streamer", None)),
                                models.Q(
                                    models.Q(("kind", "open"), _negated=True), ("streamer__isnull", False)
                                ),
                                _connector="OR",
                            ),
                            name="collaboration_names_streamer_unless_open",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="CollaborationRate",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    ("rate_bp", models.PositiveIntegerField()),
                    (
                        "collaboration",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="rates",
                            to="streams.collaboration",
                        ),
                    ),
                    (
                        "product",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="+",
                            to="marketplace.product",
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("collaboration", "product"), name="rate_once_per_product"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("rate_bp__lte", 10000)), name="product_rate_at_most_all"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="RoomPresence",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    ("process", models.CharField(max_length=40)),
                    ("viewers", models.PositiveIntegerField()),
                    ("at", models.DateTimeField()),
                    (
                        "session",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="+",
                            to="streams.session",
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("session", "process"), name="presence_once_per_process"
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="RoomEvent",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    ("seq", models.BigIntegerField()),
                    ("type", models.CharField(max_length=40)),
                    ("payload", models.JSONField()),
                    ("at", models.DateTimeField()),
                    ("digest", models.CharField(max_length=64)),
                    (
                        "session",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="events",
                            to="streams.session",
                        ),
                    ),
                ],
                options={
                    "ordering": ["session", "seq"],
                    "constraints": [
                        models.UniqueConstraint(fields=("session", "seq"), name="room_event_seq_once")
                    ],
                },
            ),
            migrations.CreateModel(
                name="MinuteFigure",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    ("minute", models.DateTimeField(help_text="Start of the minute, UTC.")),
                    ("process", models.CharField(max_length=40)),
                    ("peak_viewers", models.PositiveIntegerField(default=0)),
                    ("joins", models.PositiveIntegerField(default=0)),
                    ("leaves", models.PositiveIntegerField(default=0)),
                    ("chats", models.PositiveIntegerField(default=0)),
                    ("likes", models.PositiveBigIntegerField(default=0)),
                    ("orders", models.PositiveIntegerField(default=0)),
                    ("units", models.PositiveBigIntegerField(default=0)),
                    ("gross", models.BigIntegerField(default=0, help_text="Ordered, in minor units.")),
                    (
                        "given_back",
                        models.BigIntegerField(
                            default=0, help_text="Expired, cancelled or refunded, in minor units."
                        ),
                    ),
                    (
                        "session",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="+",
                            to="streams.session",
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("session", "minute", "process"), name="minute_once_per_process"
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="ChatSanction",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("snc", primary_key=True, serialize=False)),
                    ("kind", models.CharField(choices=[("mute", "Mute"), ("ban", "Ban")], max_length=4)),
                    ("reason", models.CharField(blank=True, max_length=200)),
                    ("imposed_by", models.CharField(max_length=40)),
                    ("at", models.DateTimeField()),
                    (
                        "until",
                        models.DateTimeField(
                            blank=True, help_text="Empty: as long as the session.", null=True
                        ),
                    ),
                    ("lifted_at", models.DateTimeField(blank=True, null=True)),
                    ("lifted_by", models.CharField(blank=True, max_length=40)),
                    (
                        "user",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "session",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="sanctions",
                            to="streams.session",
                        ),
                    ),
                ],
                options={
                    "ordering": ["id"],
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("lifted_at", None)),
                            fields=("session", "user", "kind"),
                            name="one_standing_sanction_of_a_kind",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="ChatMessage",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("msg", primary_key=True, serialize=False)),
                    ("text", models.CharField(max_length=200)),
                    ("at", models.DateTimeField()),
                    ("pinned", models.BooleanField(default=False)),
                    ("deleted_at", models.DateTimeField(blank=True, null=True)),
                    ("deleted_by", models.CharField(blank=True, max_length=40)),
                    (
                        "author",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "session",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="+",
                            to="streams.session",
                        ),
                    ),
                ],
                options={
                    "ordering": ["id"],
                    "indexes": [
                        models.Index(fields=["session", "-id"], name="chat_by_session"),
                        models.Index(fields=["session", "author", "-at"], name="chat_by_author"),
                        models.Index(
                            condition=models.Q(("deleted_at__isnull", False)),
                            fields=["session", "deleted_at"],
                            name="chat_deleted_lately",
                        ),
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("pinned", True)),
                            fields=("session",),
                            name="one_pinned_message_per_session",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="BlockedWord",
                fields=[
                    ("id", marketplace.lib.fields.PrefixedIdField("wrd", primary_key=True, serialize=False)),
                    ("word", models.CharField(max_length=40)),
                    ("added_by", models.CharField(max_length=40)),
                    ("at", models.DateTimeField()),
                    (
                        "session",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="+",
                            to="streams.session",
                        ),
                    ),
                ],
                options={
                    "ordering": ["id"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("word", "session"), name="blocked_word_once_per_session"
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("session", None)),
                            fields=("word",),
                            name="blocked_word_once_everywhere",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Attendance",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "viewer",
                        models.CharField(
                            help_text="The user's id, or an anonymous browser's random one.", max_length=40
                        ),
                    ),
                    ("first_at", models.DateTimeField()),
                    ("last_at", models.DateTimeField()),
                    ("visits", models.PositiveIntegerField(default=1)),
                    ("watched_seconds", models.PositiveBigIntegerField(default=0)),
                    (
                        "session",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="+",
                            to="streams.session",
                        ),
                    ),
                ],
                options={
                    "verbose_name_plural": "attendance",
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("session", "viewer"), name="attendance_once_per_viewer"
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Reminder",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    ("created_at", models.DateTimeField()),
                    (
                        "session",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="+",
                            to="streams.session",
                        ),
                    ),
                    (
                        "user",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(fields=("user", "session"), name="reminder_once")
                    ],
                },
            ),
            migrations.CreateModel(
                name="AgencyMember",
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
                        "agency",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="members",
                            to="streams.agency",
                        ),
                    ),
                    (
                        "user",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="agency_memberships",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(fields=("agency", "user"), name="agency_member_once")
                    ],
                },
            ),
            migrations.CreateModel(
                name="SlotPrice",
                fields=[],
                options={
                    "verbose_name": "price",
                    "proxy": True,
                    "indexes": [],
                    "constraints": [],
                },
                bases=("streams.slot",),
            ),
        ),
    ]
