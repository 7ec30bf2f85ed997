"""What browsers may do with a page: the Content-Security-Policy of each part of the site, and permissions."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from marketplace.middleware import Around

_ALWAYS = "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
#: The admin's scripts evaluate expressions in its templates.
ADMIN = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline';"
    f" img-src 'self' data: blob:; font-src 'self' data:; {_ALWAYS}"
)
#: The interactive documentation styles itself.
API = f"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; {_ALWAYS}"
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def viewer_policy(stream: str = "") -> str:
    """Return the policy of a viewer's page; ``stream`` is the address of what it plays, if anything."""
    parts = urlsplit(stream)
    origin = f" {parts.scheme}://{parts.netloc}" if parts.netloc and parts.scheme in {"http", "https"} else ""
    media = f"media-src 'self' blob:{origin}; connect-src 'self'{origin}; worker-src 'self' blob:"
    return f"default-src 'self'; img-src 'self' data:; {media}; {_ALWAYS}"


class PageSecurityMiddleware(Around):
    """Gives every answer a policy that has none of its own yet."""

    def before(self, _request: HttpRequest) -> None:
        """Let the request through."""

    def after(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add the headers."""
        response.headers.setdefault("Content-Security-Policy", _policy_for(request.path))
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response


def _policy_for(path: str) -> str:
    if path.startswith("/admin/"):
        return ADMIN
    return API if path.startswith("/api/") else viewer_policy()
