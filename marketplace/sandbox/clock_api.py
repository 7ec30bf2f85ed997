"""``/api/v1/sandbox/clock``: the marketplace's clock, and moving it."""

from typing import ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from marketplace.lib import clock
from marketplace.models.tokens import Scope
from marketplace.rest import fields
from marketplace.rest.openapi import operation
from marketplace.rest.serializers import Body, Resource
from marketplace.rest.views import ApiView
from marketplace.sandbox.advance import MOST_SECONDS, advance


class AdvanceIn(Body):
    """How far to move the clock."""

    seconds = fields.Integer(min_value=1, max_value=MOST_SECONDS, help_text="At most 400 days.")


class ClockOut(Resource):
    """The marketplace's clock."""

    object = fields.Object("clock")
    now = fields.Timestamp(help_text="The marketplace's time.")
    ahead_seconds = fields.Integer(help_text="How far it runs ahead of the machine's clock.")


class HappeningOut(Resource):
    """Facts of one type at one moment, counted."""

    at = fields.Timestamp()
    what = fields.Text(help_text="The type of the facts, such as `order.expired`.")
    count = fields.Integer()


class MoveOut(Resource):
    """How far the clock was moved, and what happened on the way."""

    object = fields.Object("clock_move")
    began = fields.Timestamp()
    now = fields.Timestamp(help_text="The marketplace's time now.")
    moved_seconds = fields.Integer()
    left_seconds = fields.Integer(
        help_text="What is still to do: there was too much work for one call. Ask for it under a new key."
    )
    ran = HappeningOut(
        many=True, help_text="In the order of time; of more than 500, those of a day together."
    )
    failed = fields.ListOf(child=fields.Text(), help_text="Sweeps that broke down; the log says why.")


class Clock(ApiView):
    """The clock."""

    scopes: ClassVar = {"GET": Scope.SANDBOX}

    @operation("Read the clock", returns=ClockOut)
    def get(self, request: Request) -> HttpResponse:
        """Sandbox only. Every time that the marketplace names is by this clock."""
        told = {"now": self.now, "ahead_seconds": int(clock.ahead().total_seconds())}
        return self.answer(request, told, ClockOut)


class Advance(ApiView):
    """A move of the clock."""

    scopes: ClassVar = {"POST": Scope.SANDBOX}

    @operation("Move the clock ahead", body=AdvanceIn, returns=MoveOut)
    def post(self, request: Request) -> HttpResponse:
        """Sandbox only. Does everything that becomes due on the way, in the order of time, and says what."""
        body = self.body(request, AdvanceIn)
        actor = self.user(request).id
        return self.perform(request, lambda: advance(seconds=body["seconds"], actor=actor), MoveOut)
