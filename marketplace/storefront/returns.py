"""My returns, and the page of one: where it stands, whose turn it is, and what its buyer can do."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from marketplace.errors import DomainError, Invalid, NotFound
from marketplace.lib import clock
from marketplace.lib.ids import is_id
from marketplace.models import Brand, User
from marketplace.rest.problems import as_domain_error
from marketplace.rest.serializers import Body
from marketplace.storefront.doors import person, refusing
from marketplace.storefront.forms import act_once, checked, faults_of, new_key
from marketplace.storefront.moments import moment_of
from marketplace.storefront.return_words import NOW, REASONS, TYPES, sentence, told, turn_of
from refunds import evidence
from refunds.actions import answer_return as answers
from refunds.actions.carry_return import send_back
from refunds.actions.dispute_return import dispute_return
from refunds.actions.show_evidence import add_evidence
from refunds.api.return_resources import NoteIn, ParcelIn, WhyIn
from refunds.eligibility import Wish, freight_paid_by
from refunds.models import Return
from refunds.permissions import get_return_for, parties_of, require_party
from refunds.policy import LIMITS, Reason
from refunds.return_states import OPEN, next_actions

PAGE = 20


@dataclass(frozen=True, slots=True)
class Step:
    """Something that a buyer can do: the action, and the body of the API that its form is held to."""

    action: Callable[..., Return]
    body: type[Body] | None = None
    fields: tuple[str, ...] = ()


STEPS: dict[str, Step] = {
    "accept-offer": Step(answers.accept_offer),
    "decline-offer": Step(answers.decline_offer, NoteIn, ("note",)),
    "send-back": Step(send_back, ParcelIn, ("carrier", "tracking_number")),
    "dispute": Step(partial(dispute_return, party="buyer"), WhyIn, ("note",)),
    "withdraw": Step(answers.withdraw_return),
}


@require_safe
@refusing
def returns(request: HttpRequest) -> HttpResponse:
    """Show a page of the person's own returns, newest first; ``before`` is the last one already seen."""
    user, before = person(request), request.GET.get("before", "")
    found = Return.objects.filter(buyer=user).select_related("line", "refund")
    if before:
        if not is_id(before, "rtn"):
            raise NotFound
        found = found.filter(id__lt=before)
    rows = list(found[: PAGE + 1])
    context = {
        "cases": [(case, turn_of(case)) for case in rows[:PAGE]],
        "older": rows[PAGE - 1].id if len(rows) > PAGE else "",
        "is_first_page": not before,
    }
    return render(request, "storefront/returns.html", context)


@require_safe
@never_cache  # its forms have keys that are used once
@refusing
def return_(request: HttpRequest, return_id: str) -> HttpResponse:
    """Show a return to its buyer; sellers and staff have theirs in the admin."""
    user = person(request)
    case = get_return_for(user, return_id)
    if "buyer" not in parties_of(user, case):
        return redirect("admin:refunds_return_change", case.id)
    return _page(request, case)


@require_POST
@refusing
def step(request: HttpRequest, return_id: str, name: str) -> HttpResponse:
    """Take a step as the buyer and go back to the return; a refusal keeps what was typed."""
    user, doing = person(request), STEPS[name]
    case = require_party(user, return_id, "buyer")
    typed = {each: request.POST.get(each, "").strip() for each in doing.fields}

    def run() -> Return:
        values = checked(doing.body, typed) if doing.body else {}
        return doing.action(return_id=case.id, actor=user.id, now=clock.now(), **values)

    return _acted(request, user, case, run, name, typed)


@require_POST
@refusing
def show_more(request: HttpRequest, return_id: str) -> HttpResponse:
    """Add a file to what is shown in a return."""
    user = person(request)
    case = require_party(user, return_id, "buyer")
    upload: UploadedFile[bytes] | None = request.FILES.get("file")

    def run() -> Any:
        if upload is None:
            raise Invalid("Choose a file first.", param="file")
        with evidence.stored(upload) as file:
            return add_evidence(return_id=case.id, file=file, owner_id=user.id, now=clock.now())

    return _acted(request, user, case, run, "evidence", {})


def _acted(
    request: HttpRequest, user: User, case: Return, run: Callable[[], Any], name: str, typed: dict[str, str]
) -> HttpResponse:
    """Act once and go back to the return, or show it with what stands against that."""
    here = reverse("storefront:return", args=[case.id])
    try:
        return HttpResponseRedirect(act_once(request, user, run, told=lambda _: here))
    except Exception as raised:
        error = as_domain_error(raised)
        if error is None or isinstance(error, NotFound):
            raise
        case.refresh_from_db()
        return _page(request, case, error, tried=name, typed=typed)


def _page(
    request: HttpRequest,
    case: Return,
    error: DomainError | None = None,
    *,
    tried: str = "",
    typed: dict[str, str] | None = None,
) -> HttpResponse:
    line = case.line
    mine = [action.action for action in next_actions(case) if action.actor == "buyer"]
    shown = list(case.evidence.all())
    of_mine = sum(file.owner_id == case.buyer_id for file in shown)
    context = {
        "case": case,
        "line": line,
        "brand": Brand.objects.get(id=case.brand_id),
        "now": NOW[case.state],
        "turn": turn_of(case),
        "can": mine,
        "reason": REASONS[case.reason],
        "type": TYPES[case.type],
        "freight": freight_paid_by(Wish(units=case.units, type=case.type, reason=case.reason)),
        "history": [(entry, told(entry)) for entry in case.history.select_related("case")],
        "files": [(file, file.owner_id == case.buyer_id) for file in shown],
        "may_show": case.state in OPEN and of_mine < LIMITS.files_per_party,
        "moment": moment_of(line) if case.reason == Reason.NOT_AS_DESCRIBED else None,
        "error": error and sentence(error),
        "faults": faults_of(error) if error else {},
        "tried": tried,
        "typed": typed or {},
        "key": new_key(),
    }
    return render(request, "storefront/return.html", context, status=error.status if error else 200)
