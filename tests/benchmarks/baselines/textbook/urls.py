"""The textbook view and its address."""

from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.benchmarks.baselines.textbook.models import Order, Product


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order as asked for and as answered."""

    class Meta:
        model = Order
        fields: ClassVar = ["id", "product", "buyer", "quantity", "amount"]
        read_only_fields: ClassVar = ["amount"]


class OrderView(APIView):
    """Sell units of a product, one transaction per order, under the lock of the product's row."""

    def post(self, request: Request) -> Response:
        """Check, lock, count down, insert."""
        serializer = OrderSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked: dict[str, Any] = serializer.validated_data
        with transaction.atomic():
            product = Product.objects.select_for_update().get(pk=asked["product"].pk)
            if product.stock < asked["quantity"]:
                return Response({"code": "sold_out"}, status=status.HTTP_409_CONFLICT)
            product.stock -= asked["quantity"]
            product.save(update_fields=["stock"])
            serializer.save(amount=product.price * asked["quantity"])
        return Response(serializer.data, status=status.HTTP_201_CREATED)


def ready(request: HttpRequest) -> HttpResponse:
    """Say that the server is up."""
    return HttpResponse()


urlpatterns = [path("orders", OrderView.as_view()), path("readyz", ready)]
