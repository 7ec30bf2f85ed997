"""Admin of commission plans: brands offer and end them, streamers read theirs."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from marketplace.admin.base import OwnAdmin, OwnInline, button, percent, person_of
from marketplace.errors import NotFound
from marketplace.lib import clock
from marketplace.models import User
from marketplace.permissions import Person, acts_for_some_brand, brands_of
from streams.actions import collaborations
from streams.admin.forms import CollaborationForm
from streams.models import Collaboration, CollaborationRate, Streamer
from streams.permissions import hosts
from streams.queries.access import get_own_collaboration, readable_collaborations


def has_plans(person: Person) -> bool:
    """Tell whether somebody offers plans or sells under them."""
    return hosts(person) or acts_for_some_brand(person)


class Rates(OwnInline):
    """Products whose rate differs."""

    model = CollaborationRate
    fields = ("product", "rate")
    readonly_fields = fields
    rate = percent("rate_bp", "Commission")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CollaborationRate]:
        """Return the rates with their products."""
        rows: QuerySet[CollaborationRate] = super().get_queryset(request)
        return rows.select_related("product")


@admin.register(Collaboration)
class CollaborationAdmin(OwnAdmin):
    """Plans that a person may read."""

    audience = staticmethod(has_plans)
    group = "Live"
    icon = "handshake"
    list_display = ("brand", "kind", "streamer", "rate", "starts_at", "ends_at")
    list_filter = ("kind",)
    search_fields = ("brand__name", "streamer__name")
    ordering = ("-id",)
    fields = (("id", "brand"), ("kind", "streamer"), "rate", ("starts_at", "ends_at"), "created_at")
    readonly_fields = ("rate",)
    rate = percent("rate_bp", "Commission")
    inlines = (Rates,)
    actions_list: ClassVar[list[Any]] = ["create"]
    actions_detail: ClassVar[list[Any]] = ["end"]

    def own(self, person: User) -> QuerySet[Collaboration]:
        """Return the plans that a person may read."""
        return readable_collaborations(person).select_related("brand", "streamer")

    @button("New plan", path="create", icon="add", primary=True)
    def create(self, request: HttpRequest) -> HttpResponse:
        """Offer a plan of one of one's brands."""
        brands = {brand.id: brand for brand in brands_of(person_of(request)).order_by("name")}

        def run(values: dict[str, Any]) -> str:
            name = values.pop("streamer")
            collaborations.make_collaboration(
                brand=brands[values.pop("brand")],
                streamer_id=_named(name) if name else None,
                actor=person_of(request),
                now=clock.now(),
                **values,
            )
            return "The plan is offered; its terms do not change, it can only be ended."

        choices = {"brand": [(brand.id, brand.name) for brand in brands.values()]}
        return self.ask(
            request, title="New plan", form=CollaborationForm, run=run, choices=choices, submit="Offer"
        )

    @button("End", path="end", icon="event_busy", danger=True)
    def end(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End the plan now; for members of its brand."""
        plan: Collaboration = self.one(request, object_id)

        def run(_values: dict[str, Any]) -> str:
            person = person_of(request)
            get_own_collaboration(person, plan.id)
            collaborations.end_collaboration(collaboration_id=plan.id, actor=person, now=clock.now())
            return "The plan has ended; what was sold under it keeps its terms."

        return self.ask(request, title="End plan", run=run, obj=plan, submit="End", danger=True)


def _named(name: str) -> str:
    streamer = Streamer.objects.filter(name=name).values_list("id", flat=True).first()
    if streamer is None:
        raise NotFound("There is no streamer of that name.", param="streamer")
    return streamer
