"""Who is there in the demo: people with one password, streamers, an agency, and a crowd."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.contrib.auth.hashers import make_password

from marketplace.actions.accounts import create_account, create_superuser
from marketplace.actions.simulated_people import make_people
from marketplace.demo.catalogue import script
from marketplace.models import User
from streams.actions.people import create_agency, register_streamer, set_agency
from streams.models import Agency, Streamer

PASSWORD = "live-shopping-demo"  # noqa: S105 - printed for whoever tries the demo
ADMIN = "admin"
VIEWER = "viewer"
AGENCY = "Bright Stage Agency"
AGENCY_SHARE_BP = 1_500
CROWD = 60
CROWD_SEED = 1_905

#: Who can sign in, beside the administrator, and the name that others see.
ACCOUNTS = {
    VIEWER: "Demo viewer",
    "streamer": "Mei",
    "theo": "Theo",
    "lulu": "Lulu",
    "brand": "Demo brand",
}


@dataclass(frozen=True, slots=True)
class Host:
    """A streamer: the account, the name on the show, and a text about themselves."""

    account: str
    name: str
    bio: str


MEI = Host(
    "streamer", "Mei from the valley", "Grew up between apple trees. Shows what is ripe, and what is not."
)
THEO = Host("theo", "Theo finds things", "Visits workshops and brings back what he would use himself.")


def lulu() -> Host:
    """Return the host of the simulated show."""
    return Host("lulu", script().streamer, "Tea, fruit and good things for home, every evening.")


def admin(now: datetime) -> User:
    """Return the demo's administrator, made when missing."""
    known = User.objects.filter(username=ADMIN).first()
    if known is not None:
        return known
    return create_superuser(username=ADMIN, hashed=_hash(PASSWORD), display_name="Demo admin", now=now)


def account(username: str, now: datetime) -> User:
    """Return one of the accounts, made when missing."""
    known = User.objects.filter(username=username).first()
    if known is not None:
        return known
    return create_account(
        username=username, password=PASSWORD, display_name=ACCOUNTS[username], hashing=_hash, now=now
    )


def streamer(host: Host, now: datetime) -> Streamer:
    """Return a host as a streamer, registered when missing."""
    known = Streamer.objects.filter(name=host.name).first()
    if known is not None:
        return known
    return register_streamer(user=account(host.account, now), name=host.name, bio=host.bio, now=now)


def agency(members: Sequence[Streamer], actor: User, now: datetime) -> None:
    """Have the agency represent these streamers."""
    known = Agency.objects.filter(name=AGENCY).first()
    stands_for = known or create_agency(name=AGENCY, share_bp=AGENCY_SHARE_BP, actor=actor, now=now)
    for member in Streamer.objects.filter(id__in=[each.id for each in members], agency=None):
        set_agency(streamer_id=member.id, agency_id=stands_for.id, actor=actor, now=now)


def crowd(actor: User, now: datetime) -> list[User]:
    """Return the people who buy and chat in past shows: they have no password, nobody can sign in as one."""
    names = [f"sim~{CROWD_SEED}~{number}" for number in range(CROWD)]
    known = {user.username: user for user in User.objects.filter(username__in=names)}
    if len(known) < CROWD:
        made = make_people(count=CROWD, seed=CROWD_SEED, actor=actor, now=now)
        known = {person.user.username: person.user for person in made.people}
    return [known[name] for name in names]


@cache
def _hash(password: str) -> str:
    """Return the one hash of the one password: everybody knows that it is the same."""
    return make_password(password)
