"""Tell tests which template made an answer, not which ones it includes: Django copies a context for each."""

from typing import Any

from django.test import utils
from django.test.signals import template_rendered


def _render(template: Any, context: Any) -> Any:
    """Render as Django does, and tell of the template that the context is bound to."""
    if context.template is template:
        template_rendered.send(sender=template, template=template, context=context)
    return template.nodelist.render(context)


def install() -> None:
    """Take the place of what Django puts into its templates for tests."""
    utils.instrumented_test_render = _render  # type: ignore[attr-defined]
