"""The documentation pages, all of them offline: the OpenAPI document, its interactive form, the errors."""

from collections.abc import Callable, Iterator
from functools import cache
from html import escape
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.views.decorators.http import require_safe

from marketplace.errors import DomainError, registered
from marketplace.rest.problems import title

OUR_APPS = ("marketplace", "streams", "orders", "refunds")

_HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Errors of the API</title></head>
<body><h1>Errors of the API</h1>
<p>Every refusal is an RFC 9457 problem document; its type points here.</p>
"""
_MARKDOWN_HEAD = """# Errors of the API

Every refusal is an RFC 9457 problem document (`application/problem+json`). Its `type` points at the code on
the page `/api/docs/errors/` of a running marketplace. Codes never change their meaning. This file is written
from the error classes by `python manage.py errors`.

| code | status | meaning | what to do |
|---|---|---|---|
"""


def all_errors() -> list[type[DomainError]]:
    """Return every documented error of every app, by code."""
    import_module(settings.ROOT_URLCONF)
    for app in OUR_APPS:
        package = import_module(app)
        for module in walk_packages(package.__path__, f"{app}."):
            if module.name.endswith(".errors"):
                import_module(module.name)
    return list(registered().values())


def meaning(error: type[DomainError]) -> str:
    """Return what an error means: the first sentence of its docstring."""
    return (error.__doc__ or "").strip().partition("\n\n")[0].replace("\n", " ")


def markdown() -> str:
    """Return docs/errors.md."""
    return _MARKDOWN_HEAD + "".join(
        f"| `{error.code}` | {error.status} | {meaning(error)} | {error.cure} |\n" for error in all_errors()
    )


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """Show the OpenAPI document: as JSON to who accepts that, else as YAML."""
    body, media_type = _rendered("json" in request.headers.get("Accept", ""))
    return HttpResponse(body, content_type=media_type)


@cache
def _rendered(as_json: bool) -> tuple[bytes, str]:
    """Return the document and its media type, made once a process: it takes seconds and never changes."""
    from drf_spectacular import generators, renderers  # noqa: PLC0415 - few processes are ever asked

    renderer: Any = renderers.OpenApiJsonRenderer if as_json else renderers.OpenApiYamlRenderer
    generator: Any = generators.SchemaGenerator
    document = generator().get_schema(request=None, public=True)
    return bytes(renderer().render(document, renderer_context={})), renderer.media_type


@require_safe
def form(request: HttpRequest) -> HttpResponseBase:
    """Show the OpenAPI document as a form that sends requests."""
    return _form()(request)


@cache
def _form() -> Callable[[HttpRequest], HttpResponseBase]:
    from drf_spectacular.views import SpectacularSwaggerSplitView  # noqa: PLC0415 - as above

    return SpectacularSwaggerSplitView.as_view(url_name="schema")


@require_safe
def errors_page(_request: HttpRequest) -> HttpResponse:
    """Show every error with its cure, each under its code as anchor."""
    return HttpResponse(_HEAD + "".join(_sections()) + "</body></html>\n")


def _sections() -> Iterator[str]:
    for error in all_errors():
        yield (
            f'<section id="{error.code}"><h2>{escape(title(error.code))}</h2>'
            f"<p><code>{error.code}</code>, HTTP status {error.status}</p>"
            f"<p>{escape(meaning(error))}</p><p>What to do: {escape(error.cure)}</p></section>\n"
        )


urlpatterns = [
    path("schema/", schema, name="schema"),
    path("docs/", form, name="docs"),
    path("docs/errors/", errors_page, name="errors"),
]
