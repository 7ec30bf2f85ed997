"""``manage.py audit``: look for broken invariants."""

from typing import Any

from django.core.management.base import BaseCommand

from marketplace import audits, clock_follower
from marketplace.checks import TAG
from marketplace.lib import clock


class Command(BaseCommand):
    """Print every finding and their number; exit code 1 when there is one."""

    help = "Look for broken invariants: counters that differ from their facts, orphans, broken chains."
    requires_system_checks = (TAG,)  # of the settings: all others take a third of a second

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run every app's audit at one moment."""
        clock_follower.follow()
        findings = audits.findings(clock.now())
        for finding in findings:
            self.stdout.write(str(finding))
        self.stdout.write(f"{len(findings)} findings")
        if findings:
            raise SystemExit(1)
