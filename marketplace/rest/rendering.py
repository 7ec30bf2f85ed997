"""Answers as JSON bytes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils.functional import Promise
from rest_framework.renderers import BaseRenderer

from marketplace.lib.clock import to_wire
from marketplace.lib.money import Money

JSON = "application/json"
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS


def encode_json(value: object) -> bytes:
    """Return compact JSON in UTF-8; moments become RFC 3339 in UTC, Money its wire form."""
    return orjson.dumps(value, default=_plain, option=_OPTIONS)


def json_response(body: bytes | str, *, status: int = 200) -> HttpResponse:
    """Return an answer with a body that is JSON already; an empty one has no content type."""
    response = HttpResponse(body, status=status, content_type=JSON)
    if not body:
        del response["Content-Type"]
    return response


class OrjsonRenderer(BaseRenderer):
    """Renders what a view gives to DRF's Response."""

    media_type = JSON
    format = "json"
    charset = None
    render_style = "binary"

    def render(
        self,
        data: Any,
        _accepted_media_type: str | None = None,
        _renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the body; nothing for None."""
        return b"" if data is None else encode_json(data)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return to_wire(value)
    if isinstance(value, Money):
        return value.to_wire()
    if isinstance(value, Promise):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form.")
