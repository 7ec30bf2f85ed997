"""Sign-in, sign-up, sign-out, and the demo viewer of the sandbox."""

import secrets

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from marketplace import limits
from marketplace.actions.accounts import create_account
from marketplace.api.accounts import Credentials, NewAccount, WrongCredentials
from marketplace.errors import DomainError
from marketplace.lib import clock
from marketplace.models import User
from marketplace.rest.authentication import network_of
from marketplace.rest.problems import as_domain_error
from marketplace.storefront.doors import next_address, refusing
from marketplace.storefront.forms import faults_of, validated

DEMO_COOKIE = "demo_viewer"
DEMO_DAYS = 30
form_page = require_http_methods(["GET", "HEAD", "POST"])


@form_page
@refusing
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show the form; with a right name and password, go where the person wanted to go."""
    if request.method != "POST":
        return _form(request, "sign_in")
    _count(request)
    try:
        given = validated(Credentials, request.POST, ("username", "password"))
        name = User.normalize_username(given["username"])
        user = authenticate(request, username=name, password=given["password"])
        if user is None:
            raise WrongCredentials
    except Exception as error:  # noqa: BLE001 - what is no refusal is raised again
        return _again(request, "sign_in", error)
    login(request, user)
    return HttpResponseRedirect(next_address(request))


@form_page
@refusing
def sign_up(request: HttpRequest) -> HttpResponse:
    """Show the form; make the account and sign in."""
    if request.method != "POST":
        return _form(request, "sign_up")
    _count(request)
    try:
        given = validated(NewAccount, request.POST, ("username", "password", "email", "display_name"))
        user = create_account(now=clock.now(), **given)
    except Exception as error:  # noqa: BLE001 - what is no refusal is raised again
        return _again(request, "sign_up", error)
    login(request, user)
    return HttpResponseRedirect(next_address(request))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session of this browser."""
    logout(request)
    return HttpResponseRedirect(reverse("storefront:lobby"))


@require_POST
@refusing
def demo_viewer(request: HttpRequest) -> HttpResponse:
    """Sign this browser's demo viewer in, making one the first time; the sandbox only."""
    if not settings.SANDBOX:
        raise Http404
    _count(request)
    user = _demo_viewer_of(request)
    if user is None:
        name = f"demo-{secrets.token_hex(4)}"
        shown = f"Demo viewer {name[-4:]}"
        user = create_account(
            username=name, password=secrets.token_urlsafe(24), display_name=shown, now=clock.now()
        )
    login(request, user)
    answer = HttpResponseRedirect(next_address(request))
    answer.set_signed_cookie(
        DEMO_COOKIE, user.id, max_age=DEMO_DAYS * 86_400, httponly=True, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip
    return answer


def _demo_viewer_of(request: HttpRequest) -> User | None:
    known = request.get_signed_cookie(DEMO_COOKIE, "", max_age=DEMO_DAYS * 86_400)
    if not known:
        return None
    return User.objects.filter(id=known, username__startswith="demo-", is_active=True, is_staff=False).first()


def _count(request: HttpRequest) -> None:
    """Count a try against the limit of this address; raises RateLimited."""
    verdict = limits.check("login", network_of(str(request.META.get("REMOTE_ADDR") or "unknown")))
    if not verdict.allowed:
        raise verdict.refusal()


def _form(request: HttpRequest, name: str) -> HttpResponse:
    return render(request, f"storefront/{name}.html", _context(request))


def _again(request: HttpRequest, name: str, raised: Exception) -> HttpResponse:
    """Show the form once more with what was typed, but the password, and what is wrong with it."""
    error = as_domain_error(raised)
    if not isinstance(error, DomainError) or isinstance(raised, BadRequest):
        raise raised
    context = {**_context(request), "error": error, "faults": faults_of(error)}
    return render(request, f"storefront/{name}.html", context, status=error.status)


def _context(request: HttpRequest) -> dict[str, object]:
    typed = {name: request.POST.get(name, "") for name in ("username", "email", "display_name")}
    return {"next": next_address(request), "typed": typed}
