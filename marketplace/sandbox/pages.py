"""The clock's page: what time it is in the marketplace, buttons that move it, and what ran the last time."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from marketplace import limits
from marketplace.errors import Invalid
from marketplace.lib import clock
from marketplace.models import SandboxClock
from marketplace.sandbox.advance import advance
from marketplace.storefront.doors import person, refusing

HOUR, DAY = 3_600, 86_400
STEPS = {"1 hour": HOUR, "1 day": DAY, "7 days": 7 * DAY, "30 days": 30 * DAY}
#: What one press costs of a person's requests.
COST = 20


@require_http_methods(["GET", "HEAD", "POST"])
@refusing
def clock_page(request: HttpRequest) -> HttpResponse:
    """Show the clock to anybody; let whoever is signed in move it."""
    if request.method == "POST":
        return _move(request)
    kept = SandboxClock.objects.values_list("report", flat=True).first()
    now, ahead = clock.now(), clock.ahead()
    context = {
        "now": now,
        "in_the_world": now - ahead,
        "ahead": ahead,
        "steps": STEPS,
        "move": kept and _read(kept),
    }
    return render(request, "storefront/clock.html", context)


def _move(request: HttpRequest) -> HttpResponse:
    who, wanted = person(request), request.POST.get("seconds", "")
    if wanted not in map(str, STEPS.values()):
        raise Invalid("Press one of the buttons of the clock's page.", param="seconds")
    verdict = limits.check("default", f"clock:{who.id}", cost=COST)
    if not verdict.allowed:
        raise verdict.refusal()
    advance(seconds=int(wanted), actor=who.id)
    return HttpResponseRedirect(reverse("clock"))


def _read(kept: dict[str, Any]) -> dict[str, Any]:
    """Return a kept report with its moments as such and its facts in words."""
    began, now = datetime.fromisoformat(kept["began"]), datetime.fromisoformat(kept["now"])
    ran = [
        {
            "at": datetime.fromisoformat(each["at"]),
            "what": each["what"].replace(".", " ").replace("_", " "),
            "count": each["count"],
        }
        for each in kept["ran"]
    ]
    goal = now + timedelta(seconds=kept["left_seconds"])
    return {**kept, "began": began, "now": now, "goal": goal, "ran": ran}
