"""The part of an admin that chooses who acts for a brand or an agency."""

from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse

from marketplace.actions.memberships import Memberships
from marketplace.admin.base import OwnAdmin, button, person_of
from marketplace.admin.forms import ActionForm, LineField
from marketplace.lib import clock
from marketplace.models import BrandMember

ROLES = BrandMember.Role.choices


class NewMemberForm(ActionForm):
    """A person who shall be a member."""

    username = LineField(max_length=150)
    role = forms.ChoiceField(choices=ROLES)


class MemberForm(ActionForm):
    """A member."""

    member = forms.ChoiceField()


class RoleForm(MemberForm):
    """A member and what they shall be."""

    role = forms.ChoiceField(choices=ROLES)


class MembersAdmin(OwnAdmin):
    """An admin of what people act for."""

    #: Who may be added, changed and removed.
    memberships: ClassVar[Memberships]
    #: The three buttons, for ``actions_detail``.
    MEMBERS: ClassVar[dict[str, Any]] = {
        "title": "Members",
        "icon": "group",
        "items": ["add_member", "change_member", "remove_member"],
    }

    @button("Add", path="add-member", icon="person_add")
    def add_member(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let somebody act for it."""
        owned = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            made = self.memberships.add(owned.pk, actor=person_of(request), now=clock.now(), **values)
            return f"{made.user} now acts for the {self.memberships.kind}."

        return self.ask(request, title="Add member", form=NewMemberForm, run=run, obj=owned, submit="Add")

    @button("Change role", path="change-member", icon="manage_accounts")
    def change_member(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make a member an owner or staff."""
        owned = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            member = self.memberships.change(
                owned.pk,
                user_id=values["member"],
                role=values["role"],
                actor=person_of(request),
                now=clock.now(),
            )
            return f"{member.user} is now {member.get_role_display().lower()}."

        return self.ask(
            request, title="Change role", form=RoleForm, run=run, obj=owned, choices=_members(owned)
        )

    @button("Remove", path="remove-member", icon="person_remove", danger=True)
    def remove_member(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End somebody's acting for it."""
        owned = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            self.memberships.remove(
                owned.pk, user_id=values["member"], actor=person_of(request), now=clock.now()
            )
            return "The member was removed."

        return self.ask(
            request,
            title="Remove member",
            form=MemberForm,
            run=run,
            obj=owned,
            choices=_members(owned),
            submit="Remove",
            danger=True,
        )


def _members(owned: Any) -> dict[str, list[tuple[str, str]]]:
    members = owned.members.select_related("user").order_by("user__username")
    return {"member": [(member.user_id, f"{member.user} ({member.role})") for member in members]}
