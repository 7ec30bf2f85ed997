"""Addresses of the API of figures, below /api/v1/."""

from django.urls import path

from marketplace.reports.api import figures
from marketplace.reports.api.metrics import SessionMetrics
from marketplace.reports.api.reports import SessionReport
from marketplace.rest.paths import register_ids

register_ids("ses", "prd", "brd", streamer="str")

urlpatterns = [
    path("sessions/<ses:session_id>/metrics", SessionMetrics.as_view(), name="session-metrics"),
    path("sessions/<ses:session_id>/report", SessionReport.as_view()),
    path("sessions/<ses:session_id>/return-rates", figures.SessionReturnRates.as_view()),
    path("products/<prd:product_id>/return-rates", figures.ProductReturnRates.as_view()),
    path("streamers/<streamer:streamer_id>/return-rates", figures.StreamerReturnRates.as_view()),
    path("brands/<brd:brand_id>/return-rates", figures.BrandReturnRates.as_view()),
    path("products/<prd:product_id>/sales", figures.ProductSales.as_view()),
    path("streamers/<streamer:streamer_id>/sales", figures.StreamerSales.as_view()),
    path("brands/<brd:brand_id>/sales", figures.BrandSales.as_view()),
]
