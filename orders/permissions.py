"""Access functions: the only way an interface fetches an order. What is not yours is not found."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Manager, Q, QuerySet

from marketplace.errors import NotFound
from marketplace.lib.ids import is_id
from marketplace.models import Brand, BrandMember, User
from marketplace.permissions import Person, is_platform_staff, standing_of
from orders.models import Order, OrderLine, Party, Payment, Payout, Shipment, Statement
from orders.queries.sight import AS_BUYER, AS_HOST, AS_STAFF, OrderAt, Role, Sight
from streams.models import Agency, AgencyMember, Session, Streamer

#: How ids of parties begin, and where their names are.
_PARTIES: dict[Party, tuple[str, Manager[Any]]] = {
    Party.BRAND: ("brd", Brand.objects),
    Party.STREAMER: ("str", Streamer.objects),
    Party.AGENCY: ("agc", Agency.objects),
}


def get_order_for(user: User, order_id: str, *, at: datetime) -> OrderAt:
    """Return an order as this person may see it; raises NotFound."""
    order = Order.objects.prefetch_related("lines").filter(id=order_id).first()
    sight = None if order is None else _sight(user, order)
    if order is None or sight is None:
        raise NotFound
    return OrderAt(order, at, sight)


def get_own_order(user: User, order_id: str) -> Order:
    """Return an order that this person bought; raises NotFound."""
    order = Order.objects.filter(id=order_id, buyer=user).first()
    if order is None:
        raise NotFound
    return order


def payments_for(user: User) -> QuerySet[Payment]:
    """Return the payments that this person may see: their own, all of them for platform staff."""
    payments = Payment.objects.all()
    return payments if is_platform_staff(user) else payments.filter(order__buyer=user)


def get_payment_for(user: User, payment_id: str) -> Payment:
    """Return a payment of this person, or any for platform staff; raises NotFound."""
    payment = payments_for(user).filter(id=payment_id).first()
    if payment is None:
        raise NotFound
    return payment


def get_shipment_for(user: User, shipment_id: str) -> Shipment:
    """Return a parcel to this person or from their brand, or any for platform staff; raises NotFound."""
    shipment = Shipment.objects.select_related("order").filter(id=shipment_id).first()
    if shipment is None or not (
        shipment.order.buyer_id == user.id
        or is_platform_staff(user)
        or shipment.brand_id in brand_ids_of(user)
    ):
        raise NotFound
    return shipment


def get_shipping_brand(user: User, order_id: str, brand_id: str | None) -> str:
    """Return the brand for which this person ships lines of an order, the named one or the only one possible.

    Raises NotFound when there is none, or several and none is named.
    """
    brands = set(OrderLine.objects.filter(order_id=order_id).values_list("brand_id", flat=True))
    mine = brands if is_platform_staff(user) else brands & brand_ids_of(user)
    if brand_id is not None:
        mine &= {brand_id}
    if len(mine) != 1:
        raise NotFound
    return mine.pop()


def brand_ids_of(user: User) -> set[str]:
    """Return the brands that this person is a member of."""
    return set(BrandMember.objects.filter(user=user).values_list("brand_id", flat=True))


def statements_for(user: User) -> QuerySet[Statement]:
    """Return the closed statements of a person's brands, shows and agencies; all for platform staff."""
    statements = Statement.objects.exclude(state=Statement.State.OPEN).select_related("run")
    return statements if is_platform_staff(user) else statements.filter(owner__in=owners_of(user))


def get_statement_for(user: User, statement_id: str) -> Statement:
    """Return a statement that this person may see; raises NotFound."""
    statement = statements_for(user).filter(id=statement_id).first()
    if statement is None:
        raise NotFound
    return statement


def payouts_for(user: User) -> QuerySet[Payout]:
    """Return the payouts to a person's brands, themselves and their agencies; all for platform staff."""
    payouts = Payout.objects.all()
    return payouts if is_platform_staff(user) else payouts.filter(owner__in=owners_of(user))


def get_payout_for(user: User, payout_id: str) -> Payout:
    """Return a payout that this person may see; raises NotFound."""
    payout = payouts_for(user).filter(id=payout_id).first()
    if payout is None:
        raise NotFound
    return payout


def require_party(user: User, owner: str) -> Party:
    """Return the kind of a party that this person acts for, any for platform staff; raises NotFound."""
    for party, (prefix, rows) in _PARTIES.items():
        if is_id(owner, prefix) and (
            rows.filter(id=owner).exists() if is_platform_staff(user) else owner in owners_of(user)
        ):
            return party
    raise NotFound


def names_of(owners: Collection[str]) -> dict[str, str]:
    """Return the names of brands, streamers and agencies by their ids."""
    names: dict[str, str] = {}
    for prefix, rows in _PARTIES.values():
        ids = [owner for owner in owners if is_id(owner, prefix)]
        names |= dict(rows.filter(id__in=ids).values_list("id", "name")) if ids else {}
    return names


def require_brand(user: User, brand_id: str) -> Sight:
    """Return how a member of the brand (or platform staff) sees its orders; raises NotFound for others."""
    if not (is_platform_staff(user) or brand_id in brand_ids_of(user)):
        raise NotFound
    return Sight(Role.BRAND, frozenset({brand_id}))


def require_host(user: User, session_id: str) -> Sight:
    """Return how the host of a show sees its orders, or platform staff; raises NotFound for others."""
    session = Session.objects.select_related("streamer").filter(id=session_id).first()
    if session is not None and is_platform_staff(user):
        return AS_STAFF
    if session is None or session.streamer.user_id != user.id:
        raise NotFound
    return AS_HOST


def owners_of(user: User) -> list[str]:
    """Return the ids under which a person is owed money: their brands, themselves, their agencies."""
    return [owner for owners in owners_by_party(user).values() for owner in owners]


def owners_by_party(user: User) -> dict[Party, list[str]]:
    """Return the ids under which a person is owed money, by kind of party; kinds with none are left out."""
    streamers = Streamer.objects.filter(user=user).values_list("id", flat=True)
    agencies = AgencyMember.objects.filter(user=user).values_list("agency_id", flat=True)
    owners = {
        Party.BRAND: list(brand_ids_of(user)),
        Party.STREAMER: list(streamers),
        Party.AGENCY: list(agencies),
    }
    return {party: ids for party, ids in owners.items() if ids}


def is_party(owners: Mapping[Party, Collection[str]], path: str = "") -> Q:
    """Return to which rows one of these is a party, by brand, streamer and agency named below ``path``."""
    own = Q(pk__in=[])
    for party, ids in owners.items():
        own |= Q(**{f"{path}{party.value}_id__in": ids})
    return own


def is_owed_money(person: Person) -> bool:
    """Tell whether somebody has statements to read: for a party, or as platform staff."""
    if is_platform_staff(person):
        return True
    standing = standing_of(person)
    return standing.brand or standing.shows or standing.agency


def _sight(user: User, order: Order) -> Sight | None:
    if order.buyer_id == user.id:
        return AS_BUYER
    if is_platform_staff(user):
        return AS_STAFF
    brands = {line.brand_id for line in order.lines.all()} & brand_ids_of(user)
    if brands:
        return Sight(Role.BRAND, frozenset(brands))
    hosts = Session.objects.filter(id=order.session_id, streamer__user=user).exists()
    return AS_HOST if hosts else None
