"""Return rates and sales of products, streamers, brands and shows."""

from typing import ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from marketplace.models.tokens import Scope
from marketplace.reports.api.resources import ReturnRatesOut, SalesOut
from marketplace.reports.permissions import require_part, require_sight
from marketplace.reports.queries.cohorts import return_rates
from marketplace.reports.queries.lines import Whose, lines_of
from marketplace.reports.queries.sales import sales
from marketplace.rest.openapi import operation
from marketplace.rest.views import ApiView


class _ReturnRates(ApiView):
    """Return rates, for everybody who sees what they are of; at most a minute old."""

    public_methods: ClassVar = frozenset({"GET"})

    def rates(self, request: Request, whose: Whose, id_: str) -> HttpResponse:
        """Answer with the rates."""
        require_sight(request.user, whose, id_)
        return self.answer(request, return_rates(whose, id_, now=self.now), ReturnRatesOut)


class ProductReturnRates(_ReturnRates):
    """How much of a product came back."""

    @operation("Read a product's return rates", returns=ReturnRatesOut)
    def get(self, request: Request, product_id: str) -> HttpResponse:
        """Of all its variants in all shows, by days since the purchase."""
        return self.rates(request, Whose.PRODUCT, product_id)


class StreamerReturnRates(_ReturnRates):
    """How much of what a streamer sold came back."""

    @operation("Read a streamer's return rates", returns=ReturnRatesOut)
    def get(self, request: Request, streamer_id: str) -> HttpResponse:
        """Of everything sold in their shows, by days since the purchase."""
        return self.rates(request, Whose.STREAMER, streamer_id)


class BrandReturnRates(_ReturnRates):
    """How much of what a brand sold came back."""

    @operation("Read a brand's return rates", returns=ReturnRatesOut)
    def get(self, request: Request, brand_id: str) -> HttpResponse:
        """Of all its products in all shows, by days since the purchase."""
        return self.rates(request, Whose.BRAND, brand_id)


class SessionReturnRates(_ReturnRates):
    """How much of what was sold in a show came back."""

    @operation("Read a session's return rates", returns=ReturnRatesOut)
    def get(self, request: Request, session_id: str) -> HttpResponse:
        """Of everything sold in it and in its replay, by days since the purchase."""
        return self.rates(request, Whose.SESSION, session_id)


class _Sales(ApiView):
    """Sales, for who earns by them."""

    scopes: ClassVar = {"GET": Scope.MONEY_READ}

    def sums(self, request: Request, whose: Whose, id_: str) -> HttpResponse:
        """Answer with the sums in each currency."""
        require_part(self.user(request), whose, id_)
        found = {"of": id_, "currencies": sales(lines_of(whose, [id_]), now=self.now)}
        return self.answer(request, found, SalesOut)


class ProductSales(_Sales):
    """What of a product was sold."""

    @operation("Read a product's sales", returns=SalesOut)
    def get(self, request: Request, product_id: str) -> HttpResponse:
        """In each currency; for members of its brand and platform staff."""
        return self.sums(request, Whose.PRODUCT, product_id)


class StreamerSales(_Sales):
    """What a streamer sold."""

    @operation("Read a streamer's sales", returns=SalesOut)
    def get(self, request: Request, streamer_id: str) -> HttpResponse:
        """In each currency; for the streamer and platform staff."""
        return self.sums(request, Whose.STREAMER, streamer_id)


class BrandSales(_Sales):
    """What a brand sold."""

    @operation("Read a brand's sales", returns=SalesOut)
    def get(self, request: Request, brand_id: str) -> HttpResponse:
        """In each currency; for members of the brand and platform staff."""
        return self.sums(request, Whose.BRAND, brand_id)
