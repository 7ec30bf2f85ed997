"""The admin's site: who comes in, and what stands in the sidebar.

It stands outside the package of admins, which Django imports only once there is a site to register with.
"""

from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, reverse
from django.utils.functional import SimpleLazyObject
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite

from marketplace import limits
from marketplace.models import User
from marketplace.permissions import may_enter_admin
from marketplace.rest.authentication import address_of

#: Groups of the sidebar, in order; admins name theirs in ``group``.
GROUPS = ("Live", "Catalogue", "Orders", "Money", "People", "System")


class SignInForm(AuthenticationForm):  # type: ignore[misc]  # unfold ships no types
    """Lets in whoever has something to do here, and nobody who tries too many passwords."""

    error_messages = {  # noqa: RUF012 - Django reads it so
        **AuthenticationForm.error_messages,
        "invalid_login": "The name or the password is wrong, or there is nothing for you to do here.",
        "too_often": "Too many tries. Wait %(seconds)s seconds.",
    }

    def clean(self) -> dict[str, Any]:
        """Count the try against the address before looking at the password."""
        if self.request is not None:
            verdict = limits.check("login", address_of(self.request))
            if not verdict.allowed:
                raise ValidationError(
                    self.error_messages["too_often"], "too_often", {"seconds": verdict.retry_after}
                )
        return cast(dict[str, Any], super().clean())

    def confirm_login_allowed(self, user: AbstractBaseUser) -> None:
        """Refuse people who would find nothing."""
        if not isinstance(user, User) or not may_enter_admin(user):
            raise self.get_invalid_login_error()


class Site(UnfoldAdminSite):  # type: ignore[misc]  # unfold ships no types
    """Open to platform staff, brand members, streamers and moderators; each sees what is theirs."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Tell whether this person may come in; asked once a request."""
        known: dict[str, bool] = vars(request).setdefault("_admin_entrance", {})
        key = str(request.user.pk)
        if key not in known:
            known[key] = may_enter_admin(request.user)
        return known[key]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Return Django's lists by app, made when somebody reads them: the sidebar has its own."""
        return SimpleLazyObject(lambda: super(Site, self).get_app_list(request, app_label))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Return the addresses but the one that looks up objects of any model: none has a page elsewhere."""
        return [entry for entry in super().get_urls() if getattr(entry, "name", "") != "view_on_site"]

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Find what the sidebar's search asks for; raises Http404 for a page that there is none of."""
        try:
            return cast(HttpResponse, super().search(request, extra_context))
        except (ValueError, InvalidPage):
            raise Http404 from None


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the sidebar: every list that this person may see, by the group that its admin names."""
    groups: dict[str, list[dict[str, Any]]] = {name: [] for name in GROUPS}
    for model_admin in admin.site._registry.values():  # noqa: SLF001 - Django offers no other way to it
        if not model_admin.has_module_permission(request) or not getattr(model_admin, "in_sidebar", True):
            continue
        opts = model_admin.opts
        group = getattr(model_admin, "group", "") or opts.app_label.capitalize()
        address = f"admin:{opts.app_label}_{opts.model_name}_changelist"
        item = {
            "title": str(opts.verbose_name_plural).capitalize(),
            "icon": getattr(model_admin, "icon", "list"),
            "link": reverse(address),
        }
        groups.setdefault(group, []).append(item)
    return [{"title": name, "items": items} for name, items in groups.items() if items]
