"""What a viewer's page may load and run: nothing that stands in the page itself."""

from urllib.parse import urlsplit

from django.http import HttpResponseBase

_SELF = "'self'"


def restrict(response: HttpResponseBase, *, stream_url: str = "") -> HttpResponseBase:
    """Give a page its Content-Security-Policy; a stream may come from the one origin that it names."""
    address = urlsplit(stream_url)
    stream = f" {address.scheme}://{address.netloc}" if address.scheme in {"http", "https"} else ""
    response.headers["Content-Security-Policy"] = "; ".join(
        (
            f"default-src {_SELF}",
            f"connect-src {_SELF}{stream}",
            f"media-src {_SELF} blob:{stream}",
            f"img-src {_SELF} data:",
            "object-src 'none'",
            "base-uri 'none'",
            f"form-action {_SELF}",
            "frame-ancestors 'none'",
        )
    )
    return response
