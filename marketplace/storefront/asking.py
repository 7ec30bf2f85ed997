"""Asking for money back: a form, a look at what it would give, and the request. One address for all three."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from marketplace.errors import Conflict, DomainError, NotFound
from marketplace.lib import clock
from marketplace.lib.ids import is_id
from marketplace.models import User
from marketplace.rest.problems import as_domain_error
from marketplace.storefront.doors import person, refusing
from marketplace.storefront.forms import act_once, checked, faults_of, new_key, whole_number
from marketplace.storefront.moments import moment_of
from marketplace.storefront.return_words import REASONS, TYPES, WHY, sentence
from orders.models import OrderLine
from refunds import evidence
from refunds.actions.request_return import request_return
from refunds.actions.show_evidence import add_evidence
from refunds.api.return_resources import ReturnIn
from refunds.eligibility import Eligibility, Wish, judge_line
from refunds.errors import EvidenceNeeded
from refunds.models import Evidence, Return
from refunds.permissions import get_own_line
from refunds.policy import LIMITS
from refunds.preview import Preview, preview

TYPED = ("units", "type", "reason", "share", "text")


@dataclass
class Draft:
    """What somebody has typed and shown so far; ``refused`` says which files were not taken, and why."""

    typed: dict[str, str]
    files: list[Evidence] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def wanted(self, line: OrderLine) -> tuple[Wish, dict[str, Any]]:
        """Return the wish and what goes with it, by the rules of the API; raises DRF's ValidationError."""
        numbers = {name: whole_number(self.typed[name]) for name in ("units", "share")}
        shown = [file.id for file in self.files]
        body = checked(ReturnIn, {**self.typed, **numbers, "line": line.id, "evidence": shown})
        more = {"text": body.pop("text"), "evidence": body.pop("evidence")}
        del body["line"]
        return Wish(**body), more


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache  # its form has a key that is used once
@refusing
def ask(request: HttpRequest, order_id: str, line_id: str) -> HttpResponse:
    """Show the form; on ``look`` what it would give; on ``send`` ask for it and go to the new return."""
    user, now = person(request), clock.now()
    line = get_own_line(user, line_id)
    if line.order_id != order_id:
        raise NotFound
    found = judge_line(line, now=now)
    if request.method != "POST":
        return _form(request, found, Draft(_first_choice(found)))
    draft, step = _draft(request, user, now), request.POST.get("step")
    if draft.refused or step not in {"look", "send"}:
        return _form(request, found, draft)
    try:
        wish, more = draft.wanted(line)
        if step == "look":
            return _review(request, found, draft, _judged(line, wish, draft, now=now))

        def send() -> Return:
            seen = _judged(line, wish, draft, now=now)
            if request.POST.get("amount") != str(seen.amount.amount):
                raise Conflict("The amount is another one now. Nothing was sent: go on to see the new one.")
            return request_return(line_id=line.id, buyer_id=user.id, wish=wish, now=now, **more)

        return HttpResponseRedirect(
            act_once(request, user, send, told=lambda case: reverse("storefront:return", args=[case.id]))
        )
    except Exception as raised:
        error = as_domain_error(raised)
        if error is None or isinstance(error, NotFound):
            raise
        return _form(request, judge_line(line, now=now), draft, error)


def _judged(line: OrderLine, wish: Wish, draft: Draft, *, now: datetime) -> Preview:
    """Return what a wish would give; raises NotReturnable, and EvidenceNeeded where a file is missing."""
    seen = preview(line, wish, now=now)
    if seen.evidence_needed and not draft.files:
        raise EvidenceNeeded(param="files")
    return seen


def _first_choice(found: Eligibility) -> dict[str, str]:
    """Return what the form says before anything is chosen: only what leaves no choice."""
    types = {each for option in found.options for each in option.types}
    return {
        "units": str(found.units) if found.whole_line else "1",
        "type": types.pop() if len(types) == 1 else "",
        "reason": "",
        "share": "100",
        "text": "",
    }


def _draft(request: HttpRequest, user: User, now: datetime) -> Draft:
    """Return what the form holds; files that came with it are kept, whatever becomes of the rest."""
    named = [each for each in request.POST.getlist("evidence") if is_id(each, "evd")]
    kept = Evidence.objects.filter(id__in=named, owner=user, case=None)
    draft = Draft({name: request.POST.get(name, "").strip() for name in TYPED}, list(kept))
    for upload in request.FILES.getlist("files"):
        try:
            draft.files.append(_kept(upload, user, now, shown=draft.files))
        except DomainError as error:
            draft.refused.append(f"{upload.name}: {error.message}")
    return draft


def _kept(upload: "UploadedFile[bytes]", user: User, now: datetime, *, shown: Sequence[Evidence]) -> Evidence:
    """Store a file for a return that will be asked for."""
    if len(shown) >= LIMITS.files_per_party:
        raise Conflict(f"{LIMITS.files_per_party} files can be shown, and there are as many already.")
    with evidence.stored(upload) as file:
        return add_evidence(return_id=None, file=file, owner_id=user.id, now=now)


def _form(
    request: HttpRequest, found: Eligibility, draft: Draft, error: DomainError | None = None
) -> HttpResponse:
    offered = [(option, REASONS[option.reason]) for option in found.options]
    allowed = {each for option in found.options for each in option.types}
    ends = {option.until for option in found.options}
    context = _context(found, draft) | {
        "options": offered,
        "types": {name: title for name, title in TYPES.items() if name in allowed},
        "until": ends.pop() if len(ends) == 1 else None,
        "by_share": any(option.by_share for option in found.options),
        "why": WHY.get(found.why or "", ""),
        "moment": moment_of(found.line),
        "error": error and sentence(error),
        "faults": faults_of(error) if error else {},
        "most_files": LIMITS.files_per_party,
        "most_bytes": evidence.MAX_BYTES,
    }
    status = error.status if error else 400 if draft.refused else 200
    return render(request, "storefront/return_ask.html", context, status=status)


def _review(request: HttpRequest, found: Eligibility, draft: Draft, seen: Preview) -> HttpResponse:
    context = _context(found, draft) | {
        "seen": seen,
        "reason": REASONS[seen.wish.reason],
        "type": TYPES[seen.wish.type],
        "moment": moment_of(found.line),
    }
    return render(request, "storefront/return_review.html", context)


def _context(found: Eligibility, draft: Draft) -> dict[str, Any]:
    return {
        "found": found,
        "line": found.line,
        "typed": draft.typed,
        "files": draft.files,
        "refused": draft.refused,
        "key": new_key(),
    }
