"""Fixtures of the demo's tests."""

import pytest

from tests.marketplace.rest_callers import Caller


@pytest.fixture
def nobody() -> Caller:
    """Return a browser that nobody has signed in with."""
    return Caller()
