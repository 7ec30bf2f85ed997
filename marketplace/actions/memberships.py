"""Who acts for a brand or an agency, and who of them owns it: the same rules for both."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Manager

from marketplace import idempotency, outbox
from marketplace.actions.errors import AlreadyMember, LastOwner, refusing_duplicates
from marketplace.errors import FieldError, Invalid, LimitReached, NotFound
from marketplace.lib.atomic import action
from marketplace.models import User

MAX_MEMBERS = 100
OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Memberships:
    """Members of things of one kind; what once has an owner keeps one.

    Args:
        kind: the members' field that points at it, and the first part of what facts are called.
        of: the rows of the things.
        members: the rows of their members, with ``user`` and ``role``.
        require_owner: raises NotFound or Forbidden for who may not choose its members.
    """

    kind: str
    of: Manager[Any]
    members: Manager[Any]
    require_owner: Callable[[User, str], None]

    def add(self, id_: str, *, username: str, role: str, actor: User, now: datetime) -> Any:
        """Let a person act for it, and return the member.

        Raises:
            NotFound, Forbidden: ``actor`` does not own it.
            Invalid: nobody active has this name.
            AlreadyMember: the person acts for it already.
            LimitReached: it has 100 members.
        """
        with refusing_duplicates(AlreadyMember(param="username")), action():
            owned = self._lock(id_, actor)
            user = User.objects.filter(username=User.normalize_username(username), is_active=True).first()
            if user is None:
                detail = "There is nobody with this name."
                raise Invalid(detail, param="username", errors=[FieldError("username", "unknown", detail)])
            if self._all(id_).filter(user=user).exists():
                raise AlreadyMember(param="username")
            if self._all(id_).count() >= MAX_MEMBERS:
                raise LimitReached(
                    f"The {self.kind} has as many members as it may.", data={"limit": MAX_MEMBERS}
                )
            member = self.members.create(**{self.kind: owned}, user=user, role=role)
            self._tell("member_added", id_, member, actor, now)
            idempotency.remember(member)
        return member

    def change(self, id_: str, *, user_id: str, role: str, actor: User, now: datetime) -> Any:
        """Make a member an owner or staff, and return the member.

        Raises:
            NotFound, Forbidden: ``actor`` does not own it, or the person does not act for it.
            LastOwner: nobody else owns it.
        """
        with action():
            self._lock(id_, actor)
            member = self._member(id_, user_id)
            if member.role != role:
                self._refuse_last_owner(id_, member)
                member.role = role
                member.save(update_fields=["role"])
                self._tell("member_changed", id_, member, actor, now)
            idempotency.remember(member)
        return member

    def remove(self, id_: str, *, user_id: str, actor: User, now: datetime) -> None:
        """End a person's acting for it. Owners remove anybody, staff may leave.

        Raises:
            NotFound, Forbidden: ``actor`` may not, or the person does not act for it.
            LastOwner: nobody else owns it.
        """
        with action():
            self._lock(id_, actor, leaving=actor.id == user_id)
            member = self._member(id_, user_id)
            self._refuse_last_owner(id_, member)
            self._all(id_).filter(user=user_id).delete()
            self._tell("member_removed", id_, member, actor, now)
            idempotency.remember(None)

    def _lock(self, id_: str, actor: User, *, leaving: bool = False) -> Any:
        """Lock its row, so that its members are counted by one at a time, and check the actor's right."""
        rows = self.of.filter(id=id_)
        if connection.features.has_select_for_no_key_update:
            rows = rows.select_for_update(no_key=True)
        found = rows.first()
        if found is None:
            raise NotFound
        if not leaving:
            self.require_owner(actor, id_)
        return found

    def _all(self, id_: str) -> Any:
        return self.members.filter(**{self.kind: id_})

    def _member(self, id_: str, user_id: str) -> Any:
        member = self._all(id_).filter(user=user_id).select_related("user").first()
        if member is None:
            raise NotFound
        return member

    def _refuse_last_owner(self, id_: str, member: Any) -> None:
        owners = self._all(id_).filter(role=OWNER).exclude(user=member.user_id)
        if member.role == OWNER and not owners.exists():
            raise LastOwner

    def _tell(self, what: str, id_: str, member: Any, actor: User, now: datetime) -> None:
        payload = {self.kind: id_, "user": member.user_id, "role": member.role, "by": actor.id}
        outbox.append(f"{self.kind}.{what}", subject=id_, payload=payload, now=now)
