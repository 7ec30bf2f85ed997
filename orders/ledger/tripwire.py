"""The tripwire: an action that moves something to a state that means money must post a transfer about it.

Whoever writes such a state calls ``expect``; posting meets the expectation. What is still expected at the end
of the action undoes it.
"""

from collections.abc import Iterable

from marketplace.lib.atomic import end_check
from orders.ledger.errors import NotPosted


class _Wire:
    """What one action must post about, and what it has."""

    def __init__(self) -> None:
        self.expected: set[str] = set()
        self.posted: set[str] = set()

    def __call__(self) -> None:
        if missing := sorted(self.expected - self.posted):
            raise NotPosted(f"Nothing was posted about {', '.join(missing)}: see docs/money.md.")


def expect(subject: str) -> None:
    """Demand that the open action posts a transfer about ``subject``, before this call or after it."""
    end_check(_Wire).expected.add(subject)


def posted(subjects: Iterable[str]) -> None:
    """Note what the open action posts about."""
    end_check(_Wire).posted.update(subjects)
