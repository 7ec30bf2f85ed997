"""Ids in addresses: ``path("brands/<brd:brand_id>", ...)`` takes well-formed brand ids only."""

from django.urls import register_converter
from django.urls.converters import get_converters


def register_ids(*prefixes: str) -> None:
    """Make path converters named like these prefixes of public ids; those that exist are left alone."""
    for prefix in prefixes:
        if prefix not in get_converters():
            register_converter(_converter(prefix), prefix)


def _converter(prefix: str) -> type:
    def unchanged(_self: object, value: str) -> str:
        return value

    return type(
        f"{prefix.capitalize()}Converter",
        (),
        {"regex": f"{prefix}_[0-9a-f]{{32}}", "to_python": unchanged, "to_url": unchanged},
    )
