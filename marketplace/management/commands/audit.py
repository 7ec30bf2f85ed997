"""``manage.py audit``: look for broken invariants."""

from typing import Any

from django.core.management.base import BaseCommand

import marketplace.audit
import orders.audit
import refunds.audit
import streams.audit
from marketplace.lib import clock
from marketplace.lib.findings import Finding

AUDITS = (marketplace.audit, streams.audit, orders.audit, refunds.audit)


class Command(BaseCommand):
    """Print every finding and their number; exit code 1 when there is one."""

    help = "Look for broken invariants: counters that differ from their facts, orphans, broken chains."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run every app's audit at one moment."""
        now = clock.now()
        findings: list[Finding] = [finding for audit in AUDITS for finding in audit.findings(now)]
        for finding in sorted(findings):
            self.stdout.write(str(finding))
        self.stdout.write(f"{len(findings)} findings")
        if findings:
            raise SystemExit(1)
