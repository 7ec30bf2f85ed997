"""The Money pages: what a party is owed, what waits and why, its statements line by line, its payouts."""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from django.contrib import admin
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from marketplace.admin.base import person_of
from marketplace.errors import Invalid, NotFound
from marketplace.lib import clock
from marketplace.lib.ids import is_id
from marketplace.lib.money import Money
from marketplace.models import User
from marketplace.permissions import is_platform_staff
from marketplace.rest.pages import Cursor, read_page
from orders.models import Account, Hold, Party, Statement
from orders.permissions import (
    get_statement_for,
    is_owed_money,
    names_of,
    owners_of,
    payouts_for,
    require_party,
    statements_for,
)
from orders.settlement.cash_calendar import OF_LEDGER, Expected, cash_calendar
from orders.settlement.statement_lines import MOST, read_lines

#: Statements on a page, payouts beside them, lines of a statement on a page, parties that staff is shown.
STATEMENTS, PAYOUTS, LINES, PARTIES = 12, 8, 50, 50

M = TypeVar("M", bound=Model)


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show what one party is owed and when it comes; whoever has several chooses."""
    person = person_of(request)
    if not is_owed_money(person):
        raise Http404
    parties = _parties(person)
    owner = request.GET.get("party") or _first(parties)
    context = {**admin.site.each_context(request), "title": "Money", "parties": parties, "owner": owner}
    if owner:
        context |= _of_party(person, owner, request.GET.get("before", ""))
    return TemplateResponse(request, "console/money.html", context)


@require_safe
def statement(request: HttpRequest, statement_id: str) -> HttpResponse:
    """Show one statement with its totals, and a page of its lines."""
    try:
        found = get_statement_for(person_of(request), str(statement_id))
    except NotFound:
        raise Http404 from None
    after, before = (_number(request.GET.get(name, "")) for name in ("after", "before"))
    lines, has_more = read_lines(found, limit=LINES, after=after, before=None if after else before)
    backward = before is not None and after is None
    context = {
        **admin.site.each_context(request),
        "title": f"Statement of {names_of([found.owner]).get(found.owner, found.owner)}",
        "statement": found,
        "holds": Hold.objects.filter(statement=found, released_at=None),
        "lines": lines,
        "earlier": lines[0].place if lines and (has_more if backward else after) else None,
        "later": lines[-1].place if lines and (backward or has_more) else None,
        "forms": {"csv": "CSV", "json": "JSON", "jsonl": "JSON lines"},
    }
    return TemplateResponse(request, "console/money_statement.html", context)


def _of_party(person: User, owner: str, before: str) -> dict[str, Any]:
    now = clock.now()
    try:
        party = require_party(person, owner)
        cursor = Cursor(STATEMENTS, starting_after=before if is_id(before, "stm") else "")
        statements = read_page(statements_for(person).filter(owner=owner), cursor)
    except (NotFound, Invalid):
        raise Http404 from None
    expected = cash_calendar(party, owner, now=now)
    return {
        "now": now,
        "name": names_of([owner]).get(owner, owner),
        "party": party,
        "tiles": [_tile(currency, expected) for currency in _currencies(party, owner, expected)],
        "expected": expected,
        "waiting": [one for one in expected if one.kind in {"held", "slot_fee", "reserved"}],
        "statements": statements.items,
        "older": statements.items[-1].id if statements.has_more else None,
        "payouts": payouts_for(person).filter(owner=owner)[:PAYOUTS],
    }


def _currencies(party: Party, owner: str, expected: Sequence[Expected]) -> list[str]:
    """Return the currencies that a party has had money in, or is to have."""
    kept = Account.objects.filter(kind=f"{party}_payable", owner=owner).values_list("currency", flat=True)
    return sorted({*kept, *(one.amount.currency for one in expected)})


def _tile(currency: str, expected: Sequence[Expected]) -> dict[str, Any]:
    """Return what a party is owed in one currency, what of it waits, and what comes next."""
    own = [one for one in expected if one.amount.currency == currency]

    def total(kinds: frozenset[str]) -> Money:
        return Money(sum(one.amount.amount for one in own if one.kind in kinds), currency)

    dated = [one for one in own if one.at is not None and one.amount.amount > 0 and not one.at_most]
    following = dated[0].at if dated else None
    coming = sum(one.amount.amount for one in dated if one.at == following)
    return {
        "currency": currency,
        "owed": total(OF_LEDGER),
        "waiting": total(frozenset({"held", "reserved"})),
        "estimated": total(frozenset({"estimated", "due", "held"})),
        "next": Money(coming, currency) if following else None,
        "next_at": following,
    }


def _parties(person: User) -> dict[str, str]:
    """Return names by id of the parties that a person may look at; of all, staff is shown those owed most."""
    if not is_platform_staff(person):
        owners = owners_of(person)
    else:
        owed = Account.objects.exclude(owner="").filter(kind__in=[f"{party}_payable" for party in Party])
        rows = owed.order_by("-balance", "id").values_list("owner", flat=True)[:PARTIES]
        owners = list(dict.fromkeys([*rows, *_latest_owners()]))
    return dict(sorted(names_of(owners).items(), key=lambda named: named[1]))


def _first(parties: Collection[str]) -> str:
    """Return who had the latest statement of these, else the first of them; empty for nobody."""
    latest = Statement.objects.filter(owner__in=list(parties)).order_by("-id")
    return latest.values_list("owner", flat=True).first() or next(iter(parties), "")


def _latest_owners() -> list[str]:
    return list(Statement.objects.order_by("-id").values_list("owner", flat=True)[:PARTIES])


def _number(value: str) -> int | None:
    digits = value.isascii() and value.isdigit() and len(value) <= len(str(MOST))
    return int(value) if digits and int(value) <= MOST else None
