"""The people of every test, by role. Each is made by the action that signs a person up."""

import pytest

from marketplace.actions.accounts import create_account
from marketplace.actions.brands import create_brand, members
from marketplace.lib import clock
from marketplace.models import Brand, BrandMember, User

PASSWORD = "correct horse battery staple"


def sign_up(name: str) -> User:
    """Return a new person who can sign in with PASSWORD."""
    return create_account(username=name, password=PASSWORD, display_name=name.capitalize(), now=clock.now())


@pytest.fixture
def buyer(db: None) -> User:
    """Return Bella, who buys."""
    return sign_up("bella")


@pytest.fixture
def outsider(db: None) -> User:
    """Return Otto, to whom nothing belongs."""
    return sign_up("otto")


@pytest.fixture
def host(db: None) -> User:
    """Return Hana, the person behind the streamer."""
    return sign_up("hana")


@pytest.fixture
def rival(db: None) -> User:
    """Return Rico, the person behind another streamer."""
    return sign_up("rico")


@pytest.fixture
def brand_owner(db: None) -> User:
    """Return Olga, who owns the brand."""
    return sign_up("olga")


@pytest.fixture
def brand_staff(brand: Brand) -> User:
    """Return Stan, who works for the brand."""
    person = sign_up("stan")
    owner = User.objects.get(username="olga")
    members.add(
        brand.id,
        username=person.username,
        role=BrandMember.Role.STAFF,
        actor=owner,
        now=clock.now(),
    )
    return person


@pytest.fixture
def admin(db: None) -> User:
    """Return Ada, who runs the platform."""
    return User.objects.create_superuser("ada", password=PASSWORD, date_joined=clock.now())


@pytest.fixture
def brand(brand_owner: User) -> Brand:
    """Return the brand that Olga owns."""
    return create_brand(actor=brand_owner, name="Mountain Tea", country="CN", now=clock.now())
