"""The audit of the whole marketplace: every app's, at one moment."""

from datetime import datetime

import marketplace.audit
import marketplace.reports.audit
import orders.audit
import orders.ledger.audit
import orders.settlement.audit
import refunds.audit
import streams.audit
from marketplace.lib.findings import Finding

AUDITS = (
    marketplace.audit,
    streams.audit,
    orders.audit,
    orders.ledger.audit,
    orders.settlement.audit,
    refunds.audit,
    marketplace.reports.audit,
)


def findings(now: datetime) -> list[Finding]:
    """Return every broken invariant, sorted."""
    return sorted(finding for audit in AUDITS for finding in audit.findings(now))
