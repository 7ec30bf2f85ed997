"""Files that parties show: uploaded before a request, or added to a return while it is open."""

from datetime import datetime, timedelta

from marketplace import idempotency, outbox
from marketplace.errors import LimitReached
from marketplace.lib.atomic import action
from refunds.cases import lock_case
from refunds.errors import WrongReturnState
from refunds.evidence import StoredFile
from refunds.models import Evidence
from refunds.policy import LIMITS
from refunds.return_states import OPEN
from refunds.trust import lock_person


def add_evidence(*, return_id: str | None, file: StoredFile, owner_id: str, now: datetime) -> Evidence:
    """Write down a file that is stored already, for a return or for one that will be asked for.

    Raises:
        WrongReturnState: the return is over.
        LimitReached: this person has shown enough files.
    """
    with action():
        lock_person(owner_id)
        mine = Evidence.objects.filter(owner_id=owner_id, case_id=return_id)
        most, why = LIMITS.unused_files, "Ask for a return with the files that wait, or try again tomorrow."
        if return_id is not None:
            case, most, why = lock_case(return_id), LIMITS.files_per_party, "No more files can be shown here."
            if case.row.state not in OPEN:
                raise WrongReturnState(data={"state": case.row.state})
        if mine.count() >= most:
            raise LimitReached(why, data={"limit": most, "left": 0})
        shown = Evidence.objects.create(
            case_id=return_id,
            owner_id=owner_id,
            file=file.name,
            kind=file.kind,
            size=file.size,
            created_at=now,
        )
        if return_id is not None:
            payload = {"return": return_id, "evidence": shown.id, "owner": owner_id, "kind": shown.kind}
            outbox.append("return.evidence", subject=return_id, payload=payload, now=now)
        idempotency.remember(shown)
    return shown


def forget_unused_evidence(*, older_than: timedelta, now: datetime, limit: int) -> list[str]:
    """Delete the rows of files that no return has named for so long; return the names of the files."""
    with action():
        unused = Evidence.objects.filter(case=None, created_at__lte=now - older_than).order_by("created_at")
        found = dict(unused.values_list("id", "file")[:limit])
        Evidence.objects.filter(id__in=found, case=None).delete()
    return list(found.values())
