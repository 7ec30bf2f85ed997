"""``/api/v1/sandbox``: people for a simulated crowd, and the audit."""

from typing import ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from marketplace import audits
from marketplace.actions.simulated_people import MOST_PEOPLE, MOST_SEED, make_people
from marketplace.models.tokens import Scope
from marketplace.rest import fields
from marketplace.rest.lean import forget_token
from marketplace.rest.openapi import operation
from marketplace.rest.serializers import Body, Resource
from marketplace.rest.views import ApiView, Idempotency


class NewPeople(Body):
    """Simulated people: the numbers ``first`` to ``first + count - 1`` of a seed."""

    count = fields.Integer(min_value=1, max_value=MOST_PEOPLE)
    seed = fields.Integer(min_value=0, max_value=MOST_SEED)
    first = fields.Integer(min_value=0, max_value=MOST_SEED, required=False, default=0)


class PersonOut(Resource):
    """One simulated person."""

    id = fields.Id("usr", source="user.id")
    username = fields.Text(source="user.username")
    token = fields.Text(source="secret", help_text="With scope orders:write; good for a day.")


class PeopleOut(Resource):
    """Simulated people, in the order of their numbers."""

    object = fields.Object("list")
    data = PersonOut(many=True, source="*")  # type: ignore[assignment]  # a field


class FindingOut(Resource):
    """One broken invariant."""

    code = fields.Text()
    subject = fields.Text(help_text="Id of what is wrong.")
    detail = fields.Text()


class AuditOut(Resource):
    """Every broken invariant; none is what it should be."""

    object = fields.Object("audit")
    findings = FindingOut(many=True, source="*")


class SimulatedPeople(ApiView):
    """People of a simulated crowd."""

    scopes: ClassVar = {"POST": Scope.SANDBOX}
    idempotency = Idempotency.STATELESS  # the same people again, only their tokens are new

    @operation("Make simulated people", body=NewPeople, returns=PeopleOut, status=201)
    def post(self, request: Request) -> HttpResponse:
        """Sandbox only. The same numbers of a seed are the same people, whose earlier tokens end."""
        body = self.body(request, NewPeople)
        made = make_people(**body, actor=self.user(request), now=self.now)
        for digest in made.revoked:
            forget_token(digest)
        return self.perform(request, lambda: made.people, PeopleOut, status=201)


class Audit(ApiView):
    """The audit."""

    scopes: ClassVar = {"GET": Scope.SANDBOX}

    @operation("Run the audit", returns=AuditOut)
    def get(self, request: Request) -> HttpResponse:
        """Sandbox only. Does what ``manage.py audit`` does: looks for broken invariants everywhere."""
        return self.answer(request, audits.findings(self.now), AuditOut)
