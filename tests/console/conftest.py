"""Hana's sessions, as the tests of streams have them."""

from tests.streams.conftest import (
    bring_to,
    category,
    cup,
    cup_slot,
    draft,
    live,
    make_variant,
    moderator,
    other_streamer,
    plan,
    scheduled,
    slot,
    streamer,
    tea,
)

__all__ = [
    "bring_to",
    "category",
    "cup",
    "cup_slot",
    "draft",
    "live",
    "make_variant",
    "moderator",
    "other_streamer",
    "plan",
    "scheduled",
    "slot",
    "streamer",
    "tea",
]
