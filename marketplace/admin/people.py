"""Admin of people, for platform staff."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from marketplace.actions import accounts
from marketplace.admin.base import OwnAdmin, button, column, person_of
from marketplace.admin.forms import ActionForm, LineField
from marketplace.lib import clock
from marketplace.models import User


class NewAccountForm(ActionForm):
    """A person to be signed up."""

    username = LineField(min_length=2, max_length=40)
    password = forms.CharField(max_length=200, strip=False, widget=forms.PasswordInput)
    display_name = LineField(max_length=60, required=False)
    email = forms.EmailField(max_length=254, required=False)


class PasswordForm(ActionForm):
    """A new password."""

    password = forms.CharField(max_length=200, strip=False, widget=forms.PasswordInput)


@admin.register(User)
class UserAdmin(OwnAdmin):
    """Everybody who signed up."""

    group = "People"
    icon = "person"
    list_display = ("username", "display_name", "email", "is_active", "is_staff", "date_joined")
    list_filter = ("is_active", "is_staff")
    search_fields = ("username", "display_name", "email")
    ordering = ("-id",)
    fields = (
        "id", ("username", "display_name"), "email", ("is_active", "is_staff", "is_superuser"),
        ("date_joined", "last_login"), "brands",
    )  # fmt: skip
    readonly_fields = ("brands",)
    actions_list = ("create",)
    actions_detail = ("set_password", "block", "unblock", "grant_staff", "revoke_staff")

    def own(self, _person: User) -> QuerySet[User]:
        """Return everybody."""
        return User.objects.all()

    @column("Brands")
    def brands(self, user: User) -> str:
        """Return the brands that the person acts for."""
        members = user.brand_memberships.select_related("brand").order_by("brand__name")
        return ", ".join(f"{member.brand} ({member.role})" for member in members) or "-"

    @button("New person", path="new", icon="person_add", primary=True)
    def create(self, request: HttpRequest) -> HttpResponse:
        """Sign somebody up."""

        def run(values: dict[str, Any]) -> str:
            return f"{accounts.create_account(now=clock.now(), **values)} was signed up."

        return self.ask(request, title="New person", form=NewAccountForm, run=run, submit="Sign up")

    @button("Set password", path="set-password", icon="key")
    def set_password(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give the person a new password; open sessions end."""
        user: User = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            accounts.set_password(
                user_id=user.id, password=values["password"], actor=person_of(request), now=clock.now()
            )
            return "The password was set; the person's sessions have ended."

        return self.ask(request, title="Set password", form=PasswordForm, run=run, obj=user)

    @button("Block", path="block", icon="block")
    def block(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let the person sign in no longer."""
        user: User = self.one(request, object_id)

        def run(_values: dict[str, Any]) -> str:
            accounts.block_account(user_id=user.id, actor=person_of(request), now=clock.now())
            return "The person may no longer sign in; tokens and sessions have ended."

        return self.ask(request, title="Block person", run=run, obj=user, submit="Block", danger=True)

    @button("Unblock", path="unblock", icon="check_circle")
    def unblock(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let the person sign in again."""
        user: User = self.one(request, object_id)

        def run(_values: dict[str, Any]) -> str:
            accounts.unblock_account(user_id=user.id, actor=person_of(request), now=clock.now())
            return "The person may sign in again."

        return self.ask(request, title="Unblock person", run=run, obj=user, submit="Unblock")

    @button("Make staff", path="grant-staff", icon="shield_person")
    def grant_staff(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make the person platform staff."""
        return self._staff(request, object_id, True)

    @button("Take staff rights", path="revoke-staff", icon="remove_moderator")
    def revoke_staff(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End the person's being platform staff."""
        return self._staff(request, object_id, False)

    def _staff(self, request: HttpRequest, object_id: str, granted: bool) -> HttpResponse:
        user: User = self.one(request, object_id)

        def run(_values: dict[str, Any]) -> str:
            accounts.set_staff(user_id=user.id, granted=granted, actor=person_of(request), now=clock.now())
            return "The person is platform staff." if granted else "The person is no longer platform staff."

        title = "Make platform staff" if granted else "Take staff rights"
        return self.ask(request, title=title, run=run, obj=user, submit="Do it", danger=True)
