"""``/media/``: the pictures that people have uploaded.

Names are random and a file never changes, so browsers keep what they have seen, and who knows the picture
of a draft was shown it by its brand. Only pictures are served, as what they are, and never as a page.
"""

import re

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

FOLDERS = frozenset({"products", "covers"})

_KINDS = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
_NAME = re.compile(r"[0-9a-f]{32}\.(png|jpg|webp)")
_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


@require_safe
def picture(_request: HttpRequest, folder: str, name: str) -> HttpResponse:
    """Answer with a picture, at most 5 MB."""
    match = _NAME.fullmatch(name)
    if match is None or folder not in FOLDERS:
        raise Http404
    try:
        with default_storage.open(f"{folder}/{name}") as file:
            content = file.read()
    except FileNotFoundError:
        raise Http404 from None
    return HttpResponse(content, content_type=_KINDS[match[1]], headers=_HEADERS)
