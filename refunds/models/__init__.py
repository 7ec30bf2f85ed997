"""Refunds, and the returns that lead to some of them."""

from refunds.models.refunds import Refund
from refunds.models.returns import Evidence, Return, ReturnHistory

__all__ = ["Evidence", "Refund", "Return", "ReturnHistory"]
