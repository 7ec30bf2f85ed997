"""Hana's show as viewers meet it."""

from tests.streams.conftest import *  # noqa: F403 - the same people, products and sessions
