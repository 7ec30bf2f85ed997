"""Access functions: the only way an interface fetches a return or its files. What is not yours: not found."""

from django.db.models import QuerySet

from marketplace.errors import Forbidden, NotFound
from marketplace.models import User
from marketplace.permissions import is_platform_staff
from orders.models import OrderLine
from orders.permissions import brand_ids_of
from refunds.models import Evidence, Return


def get_return_for(user: User, return_id: str) -> Return:
    """Return a return that this person may see: as buyer, for its brand, as platform staff."""
    return _seen(user, return_id)[0]


def parties_of(user: User, case: Return) -> set[str]:
    """Return what a person is in a return: ``buyer``, ``seller``, ``staff``; empty for others."""
    found = {
        "buyer": case.buyer_id == user.id,
        "staff": is_platform_staff(user),
        "seller": case.brand_id in brand_ids_of(user),
    }
    return {party for party, holds in found.items() if holds}


def acts_as(user: User, case: Return) -> set[str]:
    """Return as which parties a person may act in a return.

    Staff act for sellers too, but not in their own case: as buyer they are the buyer alone, as members of the
    brand the seller alone.
    """
    return _acting(parties_of(user, case))


def require_party(user: User, return_id: str, *parties: str) -> Return:
    """Return a return in which this person may act as one of these parties.

    Raises NotFound for who may not see it, Forbidden for who may only look, or whose own case it is.
    """
    case, mine = _seen(user, return_id)
    if _acting(mine) & set(parties):
        return case
    if "staff" in mine and {"seller", "staff"} & set(parties):
        raise Forbidden("You are a party of this return: a colleague has to do this.")
    raise Forbidden(f"Only the {' or '.join(parties)} may do this.")


def returns_of_buyer(user: User) -> QuerySet[Return]:
    """Return the returns that somebody has asked for; all of them for platform staff."""
    return Return.objects.all() if is_platform_staff(user) else Return.objects.filter(buyer=user)


def get_own_line(user: User, line_id: str) -> OrderLine:
    """Return a line that this person bought; raises NotFound."""
    line = OrderLine.objects.filter(id=line_id, buyer=user).first()
    if line is None:
        raise NotFound
    return line


def get_evidence_for(user: User, evidence_id: str) -> Evidence:
    """Return a file that this person has uploaded, or that is shown in one of their returns; or NotFound."""
    shown = Evidence.objects.select_related("case").filter(id=evidence_id).first()
    if shown is None:
        raise NotFound
    if shown.owner_id != user.id and (shown.case is None or not parties_of(user, shown.case)):
        raise NotFound
    return shown


def _seen(user: User, return_id: str) -> tuple[Return, set[str]]:
    """Return a return and what a person is in it; raises NotFound for who is nothing."""
    case = Return.objects.filter(id=return_id).first()
    parties = set() if case is None else parties_of(user, case)
    if case is None or not parties:
        raise NotFound
    return case, parties


def _acting(parties: set[str]) -> set[str]:
    """Return as which parties somebody may act who is all of these."""
    if "staff" not in parties:
        return parties
    return parties & {"buyer"} or parties & {"seller"} or {"staff", "seller"}
