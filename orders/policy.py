"""How long a delivered line can still come back, by the return policy that was copied onto it."""

from datetime import datetime, timedelta

from marketplace.models import Product

RETURN_WINDOWS: dict[str, timedelta] = {
    Product.ReturnPolicy.STANDARD: timedelta(days=7),
    Product.ReturnPolicy.PERISHABLE: timedelta(hours=48),
}

#: How long after a show its minutes on air are counted: what people watched is written some seconds later, by
#: processes that may have to wait for their database.
COUNT_MINUTES_AFTER = timedelta(hours=1)
#: Minutes on air that one fee may be for at most.
MOST_FEE_MINUTES = 1_440


def return_by(policy: str, *, delivered_at: datetime) -> datetime:
    """Return when the return window of a line ends; at once for policies without one."""
    return delivered_at + RETURN_WINDOWS.get(policy, timedelta(0))
