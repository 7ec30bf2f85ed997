"""``manage.py openapi``: write docs/openapi.yaml from the code, or check that it is up to date.

What is written has been validated, so a file that is what the code says needs no second look.
"""

import difflib
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.validation import validate_schema

SHOWN_LINES = 40


class Command(BaseCommand):
    """Writes or checks the OpenAPI document."""

    help = "Write docs/openapi.yaml from the code; with --check, only tell whether it differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="fail when the file differs from the code")

    def handle(self, *_args: Any, **options: Any) -> None:
        file = settings.BASE_DIR / "docs" / "openapi.yaml"
        if not options["check"]:
            file.write_text(render())
            self.stdout.write(f"{file.relative_to(settings.BASE_DIR)} written.")
            return
        committed, made = file.read_text() if file.exists() else "", _as_yaml(_document())
        if committed != made:
            lines = difflib.unified_diff(
                committed.splitlines(), made.splitlines(), "committed", "code", lineterm=""
            )
            shown = "\n".join(list(lines)[:SHOWN_LINES])
            raise CommandError(f"docs/openapi.yaml differs from the code; run manage.py openapi.\n{shown}")
        self.stdout.write("docs/openapi.yaml is what the code says.")


def render() -> str:
    """Return the document as YAML; raises CommandError when it is not valid or something is undocumented."""
    document = _document()
    validate_schema(document)  # type: ignore[no-untyped-call]
    return _as_yaml(document)


def _document() -> dict[str, Any]:
    GENERATOR_STATS.reset()
    generator: Any = SchemaGenerator
    with GENERATOR_STATS.silence():
        document: dict[str, Any] = generator().get_schema(request=None, public=True)
    if GENERATOR_STATS:
        faults = [*GENERATOR_STATS._error_cache, *GENERATOR_STATS._warn_cache]  # noqa: SLF001 - has no accessor
        raise CommandError("Not everything is documented:\n" + "\n".join(sorted(faults)))
    return document


def _as_yaml(document: dict[str, Any]) -> str:
    text: bytes = OpenApiYamlRenderer().render(document, renderer_context={})  # type: ignore[no-untyped-call]
    return text.decode()
