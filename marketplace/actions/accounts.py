"""Sign-up and a person's own profile."""

from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError

from marketplace import idempotency, outbox
from marketplace.actions.errors import NameTaken, refusing_duplicates
from marketplace.errors import FieldError, Invalid
from marketplace.lib.atomic import action
from marketplace.models import User

PROFILE_FIELDS = frozenset({"display_name", "email"})


def create_account(
    *, username: str, password: str, now: datetime, email: str = "", display_name: str = ""
) -> User:
    """Sign a new person up.

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
    user.password = make_password(password)  # slow by design, so not inside the transaction
    taken = NameTaken(param="username")
    with refusing_duplicates(taken), action():
        if User.objects.filter(username__iexact=user.username).exists():
            raise taken
        user.save(force_insert=True)
        outbox.append("account.created", subject=user.id, payload={"user": user.id}, now=now)
        idempotency.remember(user)
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
