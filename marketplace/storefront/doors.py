"""How pages refuse: sign-in for nobody, 404 for what is not theirs, a sentence for everything else."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from marketplace.errors import DomainError, NotFound, SignInRequired
from marketplace.models import User

View = Callable[..., HttpResponse]


def refusing(view: View) -> View:
    """Turn what a view refuses into a page."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except SignInRequired:
            return to_sign_in(request)
        except NotFound as error:
            raise Http404 from error
        except DomainError as error:
            return refusal(request, error)

    return answered


def person(request: HttpRequest) -> User:
    """Return who asks; raises SignInRequired for nobody."""
    if not isinstance(request.user, User):
        raise SignInRequired
    return request.user


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send somebody to the sign-in page and back afterwards, from a form to the page that its ``next`` names.

    The address of a form that only takes posts would be a dead end.
    """
    back = next_address(request) if "next" in request.POST else request.get_full_path()
    query = urlencode({"next": back})
    return HttpResponseRedirect(f"{reverse('storefront:sign_in')}?{query}")


def refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Answer with one sentence about what was refused."""
    answer = render(request, "storefront/refused.html", {"error": error}, status=error.status)
    if error.retry_after is not None:
        answer["Retry-After"] = str(error.retry_after)
    return answer


def next_address(request: HttpRequest) -> str:
    """Return where somebody wanted to go, on this site only; the lobby otherwise."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    here = {request.get_host()}
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts=here, require_https=request.is_secure()):
        return wanted
    return reverse("storefront:lobby")
