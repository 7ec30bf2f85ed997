"""People for a simulated crowd, thousands at once. Nobody can sign up with a name like theirs."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from knox.models import get_digest_token

from marketplace import outbox
from marketplace.actions.tokens import SHOWN
from marketplace.lib import clock
from marketplace.lib.atomic import action
from marketplace.models import ApiToken, User
from marketplace.models.tokens import Scope
from marketplace.outbox import NewFact

MOST_PEOPLE = 1_000
MOST_SEED = 2**31 - 1
TOKEN_LIFE = timedelta(days=1)
TOKEN_NAME = "simulation"  # noqa: S105 - the name of the tokens
_TEMPERS = ("Brave", "Calm", "Eager", "Gentle", "Happy", "Keen", "Lucky", "Merry", "Quiet", "Sunny")
_ANIMALS = ("Badger", "Crane", "Dormouse", "Finch", "Heron", "Otter", "Panda", "Quail", "Swallow", "Tiger")


@dataclass(frozen=True, slots=True)
class SimulatedPerson:
    """A person and the secret of their token."""

    user: User
    secret: str


@dataclass(frozen=True, slots=True)
class MadePeople:
    """People in the order of their numbers, and the digests of the tokens that ended."""

    people: list[SimulatedPerson]
    revoked: list[str]


def make_people(*, count: int, seed: int, actor: User, now: datetime, first: int = 0) -> MadePeople:
    """Make the people ``first`` to ``first + count - 1`` of a seed, or find them, each with a new token.

    Nobody can sign in as one of them: they have no password, only a token that may buy and return.
    """
    names = [f"sim~{seed}~{number}" for number in range(first, first + count)]
    with action():
        known = {user.username: user for user in User.objects.filter(username__in=names)}
        new = [
            User(username=name, display_name=_shown(number), password=make_password(None), date_joined=now)
            for number, name in enumerate(names, start=first)
            if name not in known
        ]
        User.objects.bulk_create(new)
        known |= {user.username: user for user in new}
        revoked = _revoke(list(known.values()))
        people = [_with_token(known[name], now) for name in names]
        ApiToken.objects.bulk_create([token for token, _ in people])
        facts = [NewFact("account.created", user.id, {"user": user.id, "by": actor.id}) for user in new]
        outbox.append_many(facts, now=now)
    return MadePeople([SimulatedPerson(token.user, secret) for token, secret in people], revoked)


def _revoke(users: list[User]) -> list[str]:
    tokens = ApiToken.objects.filter(user__in=users, name=TOKEN_NAME)
    digests = list(tokens.values_list("digest", flat=True))
    tokens.delete()
    return digests


def _with_token(user: User, now: datetime) -> tuple[ApiToken, str]:
    digest, secret = get_digest_token()
    token = ApiToken(
        user=user,
        digest=digest,
        token_key=secret[:SHOWN],
        name=TOKEN_NAME,
        scopes=[Scope.ORDERS_WRITE.value, Scope.RETURNS_WRITE.value],
        expiry=clock.machine_now() + TOKEN_LIFE,
        created=now,
    )
    return token, secret


def _shown(number: int) -> str:
    """Return a name for chat and receipts."""
    temper, animal = number % len(_TEMPERS), number // len(_TEMPERS) % len(_ANIMALS)
    return f"{_TEMPERS[temper]} {_ANIMALS[animal]} {number + 1}"
