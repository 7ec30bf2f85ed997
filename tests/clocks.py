"""Every test begins and ends by the machine's clock, also one that moved the marketplace's."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from marketplace.lib import clock


@pytest.fixture(autouse=True)
def clock_put_back() -> Iterator[None]:
    """Put this process's clock back; servers follow the row, which goes with the test's database."""
    yield
    clock.set_ahead(timedelta(0))
