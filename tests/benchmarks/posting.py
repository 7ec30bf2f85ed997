"""Post to the ledger as fast as this process can: ``python -m tests.benchmarks.posting '{"batch": 1000}'``.

Asked for are ``name`` (of this process), ``batch`` (transfers in one transaction), ``threads`` and
``seconds``. Prints ``ready``, waits for a line, posts, and prints one JSON object. Without a question it
prints what the ledger's own audit finds.
"""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django

#: Brands that the money is owed to; the other side of every transfer is the one account of the marketplace.
BRANDS = 1_000


def main(asked: dict[str, Any]) -> dict[str, Any]:
    """Post for the time asked; return how many transfers were committed, and within how many seconds."""
    django.setup()
    print("ready", flush=True)
    sys.stdin.readline()
    started = time.perf_counter()
    until = started + asked["seconds"]
    names = [f"{asked['name']}-{number}" for number in range(asked["threads"])]
    with ThreadPoolExecutor(len(names)) as pool:
        posted = sum(pool.map(lambda name: _post_until(until, name, asked["batch"]), names))
    return {"posted": posted, "seconds": time.perf_counter() - started}


def _post_until(until: float, name: str, batch: int) -> int:
    from marketplace.lib import clock
    from marketplace.lib.atomic import action
    from marketplace.lib.money import Money
    from orders.ledger.accounts import credit, debit
    from orders.ledger.post import NewTransfer, post, post_many

    def entries(number: int) -> list[Any]:
        brand = f"brd_{number % BRANDS:032x}"
        money = Money(1_000 + number % 7, "CNY")
        return [debit("bank", money), credit("brand_payable", money, owner=brand)]

    posted = 0
    while time.perf_counter() < until:
        numbers = range(posted, posted + batch)
        subject = f"ord_{posted:032x}"
        if batch == 1:
            with action():
                post(
                    key=f"{name}:{posted}",
                    kind="bench",
                    subject=subject,
                    entries=entries(posted),
                    at=clock.now(),
                )
        else:
            transfers = [
                NewTransfer(f"{name}:{number}", "bench", subject, entries(number)) for number in numbers
            ]
            with action():
                post_many(transfers, at=clock.now())
        posted += batch
    return posted


def found() -> list[str]:
    """Return what the ledger's audit finds; no statements stand behind these accounts to be held against."""
    django.setup()
    from marketplace.lib import clock
    from orders.ledger.audit import findings

    return [str(finding) for finding in findings(clock.now())]


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    print(json.dumps(main(json.loads(sys.argv[1])) if sys.argv[1:] else found()))
