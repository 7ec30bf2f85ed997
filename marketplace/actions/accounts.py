"""Sign-up and a person's own profile."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError

from marketplace import bells, idempotency, outbox
from marketplace.actions.errors import NameTaken, refusing_duplicates
from marketplace.errors import FieldError, Forbidden, Invalid, NotFound
from marketplace.lib.atomic import action
from marketplace.models import User
from marketplace.permissions import require_platform_staff

PROFILE_FIELDS = frozenset({"display_name", "email"})


def create_account(
    *,
    username: str,
    password: str,
    now: datetime,
    email: str = "",
    display_name: str = "",
    hashing: Callable[[str], str] = make_password,
) -> User:
    """Sign a new person up.

    Args:
        username: what the person signs in with.
        password: what nobody else knows.
        now: the moment of it.
        email: where the person has mail.
        display_name: what others see.
        hashing: makes of the password what is kept.

    Raises:
        Invalid: the name holds other characters than letters, digits and @/./+/-/_, or the password is weak.
        NameTaken: somebody has the name, in whatever case.
    """
    user = User(
        username=User.normalize_username(username),
        email=User.objects.normalize_email(email),
        display_name=display_name,
        date_joined=now,
    )
    _check(user, password)
    user.password = hashing(password)  # slow by design, so not inside the transaction
    taken = NameTaken(param="username")
    with refusing_duplicates(taken), action():
        if User.objects.filter(username__iexact=user.username).exists():
            raise taken
        user.save(force_insert=True)
        outbox.append("account.created", subject=user.id, payload={"user": user.id}, now=now)
        idempotency.remember(user)
    return user


def create_superuser(*, username: str, hashed: str, display_name: str, now: datetime) -> User:
    """Make a sandbox's administrator; ``hashed`` is what is kept of the password."""
    user = User(
        username=username,
        password=hashed,
        display_name=display_name,
        date_joined=now,
        is_staff=True,
        is_superuser=True,
    )
    with action():
        user.save(force_insert=True)
        outbox.append("account.created", subject=user.id, payload={"user": user.id}, now=now)
    return user


def update_profile(*, user: User, changes: dict[str, Any], now: datetime) -> User:
    """Change a person's own display name or e-mail address."""
    changes = {name: value for name, value in changes.items() if getattr(user, name) != value}
    if not changes.keys() <= PROFILE_FIELDS:
        raise ValueError(f"A profile has no {sorted(changes.keys() - PROFILE_FIELDS)}.")
    with action():
        if changes:
            User.objects.filter(id=user.id).update(**changes)
            payload = {"user": user.id, "changed": sorted(changes)}
            outbox.append("account.updated", subject=user.id, payload=payload, now=now)
        changed = User.objects.get(id=user.id)
        idempotency.remember(changed)
    return changed


def set_password(*, user_id: str, password: str, actor: User, now: datetime) -> User:
    """Give a person a new password; sessions that were signed in with the old one end.

    Raises:
        Forbidden: ``actor`` is not platform staff, or the person is staff and ``actor`` no superuser.
        Invalid: the password is weak.
    """
    user = _get(user_id)
    _require_power(actor, over=user)
    _check(user, password)
    hashed = make_password(password)
    with action():
        User.objects.filter(id=user.id).update(password=hashed)
        _tell("account.password_set", user, actor, now)
    return user


def block_account(*, user_id: str, actor: User, now: datetime) -> User:
    """Let a person sign in no longer, and close what is open; one that is blocked already stays so.

    Raises:
        Forbidden: ``actor`` is the person, is not platform staff, or no superuser where the person is staff.
    """
    user = _set_flag(user_id, "is_active", False, "account.blocked", actor, now)
    bells.ring_access_ended(user.id)
    return user


def unblock_account(*, user_id: str, actor: User, now: datetime) -> User:
    """Let a person sign in again. Raises Forbidden as ``block_account`` does."""
    return _set_flag(user_id, "is_active", True, "account.unblocked", actor, now)


def set_staff(*, user_id: str, granted: bool, actor: User, now: datetime) -> User:
    """Make a person platform staff, or end it. Raises Forbidden unless ``actor`` is another superuser."""
    if not actor.is_superuser:
        raise Forbidden("Only a superuser may choose the platform's staff.")
    type_ = "account.staff_granted" if granted else "account.staff_revoked"
    return _set_flag(user_id, "is_staff", granted, type_, actor, now)


def _set_flag(user_id: str, flag: str, value: bool, type_: str, actor: User, now: datetime) -> User:
    with action():
        user = _get(user_id)
        _require_power(actor, over=user)
        if user.id == actor.id:
            raise Forbidden("Nobody may do this to themselves.")
        if User.objects.filter(id=user.id, **{flag: not value}).update(**{flag: value}):
            setattr(user, flag, value)
            _tell(type_, user, actor, now)
    return user


def _get(user_id: str) -> User:
    user = User.objects.filter(id=user_id).first()
    if user is None:
        raise NotFound
    return user


def _require_power(actor: User, *, over: User) -> None:
    require_platform_staff(actor)
    if (over.is_staff or over.is_superuser) and not actor.is_superuser:
        raise Forbidden("Only a superuser may do this to platform staff.")


def _tell(type_: str, user: User, actor: User, now: datetime) -> None:
    outbox.append(type_, subject=user.id, payload={"user": user.id, "by": actor.id}, now=now)


def _check(user: User, password: str) -> None:
    """Raise Invalid with everything that is wrong with a new person's name and password."""
    errors = []
    try:
        UnicodeUsernameValidator()(user.username)
    except ValidationError as error:
        errors += [FieldError("username", "invalid", message) for message in error.messages]
    try:
        validate_password(password, user=user)
    except ValidationError as error:
        errors += [FieldError("password", "weak", message) for message in error.messages]
    if errors:
        raise Invalid(param=errors[0].param, errors=errors)
