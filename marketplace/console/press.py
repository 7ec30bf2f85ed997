"""A button of the console: its address takes a form post, runs one action and goes back with a sentence.

A browser without JavaScript sends the form and follows the way back. The page's script sends the same form,
asks for JSON, and is told the sentence, or what is wrong at which field.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.forms import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse

from marketplace.admin.base import person_of
from marketplace.admin.forms import ActionForm
from marketplace.console.entrance import View, inside, session_for
from marketplace.errors import DomainError, IdempotencyMismatch, NotFound
from marketplace.lib import clock
from marketplace.models import User
from marketplace.rest.keys import MAX_LENGTH
from marketplace.storefront.forms import act_once, new_key
from streams.models import Session, Slot
from streams.permissions import Access
from streams.queries.access import get_slot_for

JSON = "application/json"
#: The field that says that somebody means it.
CONFIRMED = "confirmed"
#: Of a form that was sent, done, changed and sent again: nobody knows that the first one was done.
DONE_OTHERWISE = "This was done already, as it stood here before. Press again to do it once more."


@dataclass(frozen=True)
class Press:
    """One press of a button: by whom, in which session, on what, with which values, when."""

    person: User
    session: Session
    ids: dict[str, str]
    values: dict[str, Any]
    now: datetime

    @cached_property
    def slot(self) -> Slot:
        """Return the slot that the address names; raises NotFound when it is not in this session."""
        return get_slot_for(self.person, self.session.id, self.ids["slot_id"], Access.HOST)

    @property
    def by(self) -> dict[str, Any]:
        """Return who does it and when, as actions take it."""
        return {"actor": self.person, "now": self.now}


@dataclass(frozen=True)
class Button:
    """What a button is called, what it asks and what it does.

    Attributes:
        name: of its address.
        path: its address below the session's.
        title: what is done, when the form has to be shown again.
        run: calls one action and returns the sentence that reports it; with ``once``, only calls it.
        access: what one must be allowed to do in the session.
        form: reads what is sent.
        question: asked before it is done, where once is too easily pressed.
        once: the sentence that reports what adds something with each press. Its form has a key, and sent
            twice it is done once.
    """

    name: str
    path: str
    title: str
    run: Callable[[Press], Any]
    access: Access = Access.HOST
    form: type[ActionForm] = ActionForm
    question: str = ""
    once: Callable[[Press], str] | None = None

    def filled(self, data: QueryDict) -> ActionForm:
        """Return the button's form with what was sent."""
        form = self.form(data)
        if self.once:
            form.fields["key"] = forms.CharField(max_length=MAX_LENGTH, widget=forms.HiddenInput)
        return form


def view_of(button: Button) -> View:
    """Return the view behind a button's address."""

    def view(request: HttpRequest, session_id: str, **ids: str) -> HttpResponse:
        session = session_for(request, session_id, button.access)
        if request.method != "POST":
            return _back(session)  # somebody signed in again in the middle of a press
        form = button.filled(request.POST)
        if not form.is_valid():
            return _refused(request, button, session, form, status=400)
        if button.question and CONFIRMED not in request.POST:
            return _ask(request, button, session, form)
        press = Press(person_of(request), session, ids, form.cleaned_data, clock.now())
        try:
            said = _do(request, button, press)
        except IdempotencyMismatch as known:
            form.add_error(None, DONE_OTHERWISE)
            form.data = {**request.POST.dict(), "key": new_key()}
            return _refused(request, button, session, form, status=known.status)
        except DomainError as refusal:
            if isinstance(refusal, NotFound) and not refusal.param:
                raise Http404 from None
            form.refuse(refusal)
            return _refused(request, button, session, form, status=409)
        if _wants_json(request):
            return JsonResponse({"said": said})
        messages.success(request, said)
        return _back(session)

    view.__doc__ = button.title
    return inside(view)


def _do(request: HttpRequest, button: Button, press: Press) -> str:
    """Do what a button does, unless its form was sent before; return the sentence that reports it."""
    report = button.once
    if report is None:
        return str(button.run(press))
    return act_once(request, press.person, lambda: button.run(press), told=lambda _: report(press))


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "") == JSON


def _back(session: Session) -> HttpResponse:
    return HttpResponseRedirect(reverse("console:show", args=[session.id]))


def _refused(
    request: HttpRequest, button: Button, session: Session, form: ActionForm, *, status: int
) -> HttpResponse:
    """Say what is wrong: to the script, in the form with what was typed, or as a sentence above the page."""
    if _wants_json(request):
        fields = {name: _sentences(errors.as_data()) for name, errors in form.errors.items()}
        error = fields.pop("__all__", "") or "Look at what is marked."
        return JsonResponse({"error": error, "fields": fields}, status=status)
    if form.visible_fields():
        return _ask(request, button, session, form)
    errors = [error for each in form.errors.values() for error in each.as_data()]
    messages.error(request, _sentences(errors))
    return _back(session)


def _sentences(errors: list[ValidationError]) -> str:
    return " ".join(sentence for error in errors for sentence in error.messages)


def _ask(request: HttpRequest, button: Button, session: Session, form: ActionForm) -> HttpResponse:
    """Show a button's form on a page of its own."""
    context = {
        **admin.site.each_context(request),
        "title": button.title,
        "form": form,
        "object": session,
        "intro": button.question,
        "submit": button.title,
        "submit_name": CONFIRMED,
        "variant": "danger" if button.question else "primary",
        "back": reverse("console:show", args=[session.id]),
        "media": form.media,
    }
    return TemplateResponse(request, "admin/action_page.html", context)
