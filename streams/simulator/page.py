"""The report as one page."""

from html import escape
from typing import Any


def page_of(report: dict[str, Any]) -> str:
    """Return the page."""
    return f"<!doctype html><title>{escape(report['show']['title'])}</title><pre>{escape(str(report))}</pre>"
