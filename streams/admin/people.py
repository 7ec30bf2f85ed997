"""Admin of streamers, their moderators, and agencies."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse

from marketplace.admin.base import OwnAdmin, OwnInline, button, column, percent, person_of
from marketplace.admin.members import MembersAdmin
from marketplace.errors import NotFound
from marketplace.lib import clock
from marketplace.models import User
from marketplace.permissions import is_platform_staff, require_platform_staff
from streams.actions import people
from streams.admin.forms import (
    AgencyChoiceForm,
    AgencyForm,
    ModeratorForm,
    ProfileForm,
    ShareForm,
)
from streams.models import Agency, AgencyMember, Moderator, Streamer
from streams.permissions import acts_for_some_agency, agencies_of, hosts


class Members(OwnInline):
    """Who acts for the agency."""

    model = AgencyMember
    fields = ("user", "role")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[AgencyMember]:
        """Return the members with their names."""
        rows: QuerySet[AgencyMember] = super().get_queryset(request)
        return rows.select_related("user", "agency").order_by("user__username")


class Represented(OwnInline):
    """The streamers whom the agency represents."""

    model = Streamer
    fields = ("name", "created_at")
    readonly_fields = fields


class Moderators(OwnInline):
    """Who moderates the streamer's rooms."""

    model = Moderator
    fields = ("user",)
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Moderator]:
        """Return the moderators with their names."""
        rows: QuerySet[Moderator] = super().get_queryset(request)
        return rows.select_related("user")


@admin.register(Streamer)
class StreamerAdmin(OwnAdmin):
    """A streamer's own profile, all of them for platform staff."""

    audience = staticmethod(hosts)
    group = "People"
    icon = "mic_external_on"
    list_display = ("name", "user", "agency", "created_at")
    list_filter = ("agency",)
    search_fields = ("name", "user__username")
    ordering = ("-id",)
    fields = (("id", "user"), "name", "bio", "agency", "created_at")
    inlines = (Moderators,)
    actions_detail: ClassVar[list[Any]] = ["edit", "add_moderator", "remove_moderator", "agency_choice"]

    def own(self, person: User) -> QuerySet[Streamer]:
        """Return the streamer that a person is."""
        rows = Streamer.objects.select_related("user", "agency")
        return rows if is_platform_staff(person) else rows.filter(user=person)

    @button("Change", path="edit", icon="edit")
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Change the profile."""
        streamer: Streamer = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            people.change_streamer(
                streamer_id=streamer.id, actor=person_of(request), now=clock.now(), **values
            )
            return "The profile was changed."

        initial = {"name": streamer.name, "bio": streamer.bio}
        return self.ask(
            request, title="Change profile", form=ProfileForm, run=run, obj=streamer, initial=initial
        )

    @button("Add moderator", path="add-moderator", icon="person_add")
    def add_moderator(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let somebody moderate the streamer's rooms."""
        streamer: Streamer = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            person = _named(values["username"])
            people.add_moderator(
                streamer_id=streamer.id, user_id=person.id, actor=person_of(request), now=clock.now()
            )
            return f"{person.shown_name} moderates."

        return self.ask(
            request, title="Add moderator", form=ModeratorForm, run=run, obj=streamer, submit="Add"
        )

    @button("Remove moderator", path="remove-moderator", icon="person_remove")
    def remove_moderator(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take the right to moderate back."""
        streamer: Streamer = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            person = _named(values["username"])
            people.remove_moderator(
                streamer_id=streamer.id, user_id=person.id, actor=person_of(request), now=clock.now()
            )
            return f"{person.shown_name} moderates no longer."

        return self.ask(
            request, title="Remove moderator", form=ModeratorForm, run=run, obj=streamer, submit="Remove"
        )

    @button("Agency", path="agency", icon="apartment")
    def agency_choice(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put the streamer under an agency; for platform staff."""
        streamer: Streamer = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            require_platform_staff(person_of(request))
            people.set_agency(
                streamer_id=streamer.id,
                agency_id=values["agency"] or None,
                actor=person_of(request),
                now=clock.now(),
            )
            return "The agency was changed for what is sold from now on."

        agencies = [(agency.id, agency.name) for agency in Agency.objects.order_by("name")]
        return self.ask(
            request,
            title="Agency",
            form=AgencyChoiceForm,
            run=run,
            obj=streamer,
            initial={"agency": streamer.agency_id},
            choices={"agency": [("", "none"), *agencies]},
        )


@admin.register(Agency)
class AgencyAdmin(MembersAdmin):
    """Agencies, for those who act for them."""

    memberships = people.agency_members
    audience = staticmethod(acts_for_some_agency)
    group = "People"
    icon = "apartment"
    list_display = ("name", "share_of_commissions", "streamers_count", "created_at")
    search_fields = ("name",)
    ordering = ("name",)
    fields = (("id", "name"), "share_of_commissions", "created_at")
    readonly_fields = ("share_of_commissions",)
    share_of_commissions = percent("share_bp", "Share of commissions")
    actions_list: ClassVar[list[Any]] = ["create"]
    inlines = (Represented, Members)
    actions_detail: ClassVar[list[Any]] = ["share", MembersAdmin.MEMBERS]

    def own(self, person: User) -> QuerySet[Agency]:
        """Return the agencies that a person acts for."""
        return agencies_of(person).annotate(of_streamers=Count("streamers"))

    @column("Streamers", ordering="of_streamers")
    def streamers_count(self, agency: Any) -> int:
        """Return how many streamers it represents."""
        return int(agency.of_streamers)

    @button("New agency", path="create", icon="add", primary=True)
    def create(self, request: HttpRequest) -> HttpResponse:
        """Enter an agency."""

        def run(values: dict[str, Any]) -> str:
            require_platform_staff(person_of(request))
            agency = people.create_agency(actor=person_of(request), now=clock.now(), **values)
            return f"{agency} was entered."

        return self.ask(request, title="New agency", form=AgencyForm, run=run, submit="Enter")

    @button("Change share", path="share", icon="percent")
    def share(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Change the agency's share."""
        agency: Agency = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            require_platform_staff(person_of(request))
            people.change_agency_share(
                agency_id=agency.id, actor=person_of(request), now=clock.now(), **values
            )
            return "The share was changed for what is sold from now on."

        initial = {"share_bp": agency.share_bp}
        return self.ask(request, title="Change share", form=ShareForm, run=run, obj=agency, initial=initial)


def _named(username: str) -> User:
    person = User.objects.filter(username=username, is_active=True).first()
    if person is None:
        raise NotFound("There is nobody of that name.", param="username")
    return person
