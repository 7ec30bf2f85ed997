"""Every page that viewers see, at both widths and in both colours: no complaint, no sideways scroll."""

from collections.abc import Sequence
from typing import Literal

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.template.loader import render_to_string
from playwright.sync_api import Route, ViewportSize

from marketplace.errors import RateLimited
from marketplace.lib import clock
from marketplace.page_security import viewer_policy
from orders.models import OrderLine
from orders.states import Line
from streams.actions.reminders import set_reminder
from streams.actions.show import end_session, pause_session
from streams.models import Session
from tests.browser.conftest import Meet
from tests.browser.person import DESKTOP, PHONE, Person
from tests.browser.site import Site

pytestmark = pytest.mark.only_in("embedded")

Scheme = Literal["light", "dark"]
Look = tuple[tuple[int, int], Scheme]

#: Colours are tokens and hold at every width, so pages are looked at crosswise. All but the room: there the
#: chat lies on the picture on a phone, and beside it on a desktop.
CROSSWISE: Sequence[Look] = ((PHONE, "light"), (DESKTOP, "dark"))
EVERY_WAY: Sequence[Look] = (*CROSSWISE, (PHONE, "dark"), (DESKTOP, "light"))


def faults_of(person: Person, looks: Sequence[Look] = CROSSWISE) -> list[str]:
    """Return what is wrong with the page that is open."""
    page, found = person.page, []
    for (width, height), scheme in looks:
        page.set_viewport_size(ViewportSize(width=width, height=height))
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        where = f"{page.url} {width} {scheme}"
        found += [f"{where}: {line}" for line in person.violations()]
        found += [f"{where}: wider than the window"] * person.scrolls_sideways()
    return found


def look_at(person: Person, *paths: str, status: int = 200, looks: Sequence[Look] = CROSSWISE) -> None:
    """Open pages one after the other and find nothing wrong with any."""
    found = []
    for path in paths:
        answer = person.visit(path)
        assert (path, answer.status) == (path, status)
        found += faults_of(person, looks)
    assert found == []


def test_pages_of_somebody_who_has_not_signed_in(site: Site, meet: Meet) -> None:
    nobody = meet()
    look_at(nobody, "/", "/?q=nothing+like+it", "/sign-in", "/sign-up")
    look_at(
        nobody, f"/live/{site.world.ids['scheduled']}", f"/live/{site.world.ids['live']}", looks=EVERY_WAY
    )


def test_pages_of_a_buyer(site: Site, meet: Meet) -> None:
    ids, people, now = site.world.ids, site.world.people, clock.now()
    site.ask(lambda: set_reminder(session_id=ids["scheduled"], user=people["buyer"], now=now))
    bella = meet("buyer")
    cancelled = site.ask(lambda: OrderLine.objects.get(state=Line.CANCELLED).order_id)
    look_at(
        bella, "/", "/orders", *(f"/orders/{order}" for order in (ids["unpaid"], ids["shipped"], cancelled))
    )
    look_at(bella, *(f"/orders/{ids[name]}/checkout" for name in ("unpaid", "paid")))
    site.ask(lambda: OrderLine.objects.filter(order=ids["unpaid"]).update(pay_by=now))
    look_at(bella, f"/orders/{ids['unpaid']}/checkout", f"/orders/{ids['unpaid']}")
    look_at(bella, f"/live/{ids['live']}?refused=price_changed&slot={ids['pinned']}", looks=EVERY_WAY)


def test_pages_that_refuse(site: Site, meet: Meet) -> None:
    nobody = meet()
    nobody.expect_fault(r"404|503: GET .*/page/")
    look_at(nobody, "/nothing-here", f"/live/{site.world.ids['draft']}", status=404)
    request, limited = HttpRequest(), {"error": RateLimited(retry_after=3)}
    request.user = AnonymousUser()
    names = ("403.html", "403_csrf.html", "storefront/refused.html")
    pages = site.ask(lambda: {name: render_to_string(name, limited, request) for name in names})
    pages["500.html"] = site.ask(lambda: render_to_string("500.html"))  # nothing more is known by then

    def show(route: Route) -> None:
        name = route.request.url.partition("/page/")[2]
        policy = {"Content-Security-Policy": viewer_policy()}
        route.fulfill(body=pages[name], content_type="text/html", headers=policy)

    nobody.page.route("**/page/**", show)
    look_at(nobody, *(f"/page/{name}" for name in pages))


def test_a_room_in_every_state(site: Site, meet: Meet) -> None:
    live, host = site.world.ids["live"], site.world.people["host"]
    bella = meet("buyer")
    bella.visit(f"/live/{live}")
    assert faults_of(bella, EVERY_WAY) == []
    site.ask(lambda: pause_session(session_id=live, actor=host, now=clock.now()))
    bella.page.get_by_text("A short break").wait_for()
    assert faults_of(bella, EVERY_WAY) == []
    site.ask(lambda: end_session(session_id=live, actor=host, now=clock.now()))
    bella.page.get_by_text("The show is over").wait_for()
    assert faults_of(bella, EVERY_WAY) == []
    bella.page.get_by_role("link", name="Watch the replay").click()
    bella.page.get_by_role("heading", name="Chapters").wait_for()
    assert faults_of(bella, EVERY_WAY) == []
    assert site.ask(lambda: Session.objects.get(id=live).state) == Session.State.ENDED
