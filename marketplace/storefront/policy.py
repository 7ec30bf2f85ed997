"""What a room's page may load besides what every viewer's page may."""

from django.http import HttpResponseBase

from marketplace.page_security import viewer_policy


def restrict(response: HttpResponseBase, *, stream_url: str = "") -> HttpResponseBase:
    """Give a page its Content-Security-Policy; a stream may come from the one origin that it names."""
    response.headers["Content-Security-Policy"] = viewer_policy(stream_url)
    return response
