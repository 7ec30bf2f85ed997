"""The company's addresses; the sandbox includes them under ``sandbox/gateway/v1/``."""

from django.urls import path

from orders.payments.simulator import views

urlpatterns = [
    path("payments", views.endpoint(GET=views.list_payments, POST=views.create_payment)),
    path("payments/<str:payment_id>", views.endpoint(GET=views.get_payment)),
    path("payouts", views.endpoint(GET=views.list_payouts)),
    path("refunds", views.endpoint(POST=views.create_refund)),
    path("refunds/<str:refund_id>", views.endpoint(GET=views.get_refund)),
]
