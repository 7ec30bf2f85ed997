"""Making and revoking API tokens."""

from collections.abc import Collection
from datetime import datetime

from knox.models import get_digest_token

from marketplace import bells, idempotency, outbox
from marketplace.errors import FieldError, Forbidden, Invalid, LimitReached, NotFound
from marketplace.lib import clock
from marketplace.lib.atomic import action
from marketplace.models import ApiToken, User

MAX_TOKENS = 100
SHOWN = 15


class TokenTooWide(Forbidden):
    """A token tried to make or revoke one that may do more, or lives longer, than itself."""

    code = "token_too_wide"
    message = "A token may make and revoke only tokens that can do no more than itself."
    cure = "Ask for fewer scopes and an earlier expiry, or do it signed in, in a browser."


def create_token(
    *,
    user: User,
    name: str,
    scopes: Collection[str],
    expires_at: datetime | None,
    now: datetime,
    by: ApiToken | None = None,
) -> tuple[ApiToken, str]:
    """Make a token for a person; returns it and its secret, which is kept nowhere.

    ``by`` is the token that asks, None for the person at a browser.

    Raises:
        Invalid: the expiry has passed.
        TokenTooWide: ``by`` may do less than the new token could.
        LimitReached: the person has 100 tokens that have not expired.
    """
    opened_at = clock.machine_now()  # doors stay where they are when the marketplace's clock is moved
    if expires_at is not None and expires_at <= opened_at:
        fault = FieldError("expires_at", "past", "A token must expire in the future.")
        raise Invalid(fault.detail, param=fault.param, errors=[fault])
    digest, secret = get_digest_token()
    token = ApiToken(
        user=user,
        digest=digest,
        token_key=secret[:SHOWN],
        name=name,
        scopes=sorted(set(scopes)),
        expiry=expires_at,
        created=now,
    )
    _refuse_wider(token, by)
    with action():
        User.objects.select_for_update().get(id=user.id)
        if ApiToken.objects.filter(user=user).exclude(expiry__lte=opened_at).count() >= MAX_TOKENS:
            raise LimitReached("You have as many tokens as one person may.", data={"limit": MAX_TOKENS})
        token.save(force_insert=True)
        outbox.append("token.created", subject=token.id, payload=_payload(token), now=now)
        idempotency.remember((token, secret))
    return token, secret


def revoke_token(*, user: User, token_id: str, now: datetime, by: ApiToken | None = None) -> ApiToken:
    """Revoke one of a person's tokens for good, and close what it opened; returns what it was.

    Raises:
        NotFound: the person has no such token.
        TokenTooWide: ``by`` may do less than that token.
    """
    with action():
        token = ApiToken.objects.select_for_update().filter(user=user, id=token_id).first()
        if token is None:
            raise NotFound
        _refuse_wider(token, by)
        ApiToken.objects.filter(id=token.id).delete()
        outbox.append("token.revoked", subject=token.id, payload=_payload(token), now=now)
        bells.ring_access_ended(user.id)
    return token


def _payload(token: ApiToken) -> dict[str, object]:
    return {"token": token.id, "user": token.user_id, "name": token.name, "scopes": token.scopes}


def _refuse_wider(token: ApiToken, by: ApiToken | None) -> None:
    if by is None or token.id == by.id:
        return
    outlives = by.expiry is not None and (token.expiry is None or token.expiry > by.expiry)
    extra = sorted(set(token.scopes) - set(by.scopes))
    if extra or outlives:
        raise TokenTooWide(data={"scopes": extra, "expires_at_most": by.expiry and by.expiry.isoformat()})
