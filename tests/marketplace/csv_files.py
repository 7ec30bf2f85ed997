"""Catalogue files in tests: one to begin with, and the ways in and out."""

from dataclasses import fields
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import encode_multipart

from marketplace.actions.import_catalogue import Import
from marketplace.models import Brand
from tests.marketplace.rest_callers import Caller

FILE = """\
title,category,sku,variant_title,price,currency,weight_grams,on_hand,state
Green tea,tea,G-250,250 g,19.90,CNY,270,100,published
Green tea,tea,G-500,500 g,39.90,CNY,520,50,
Black tea,tea,B-500,,30,JPY,520,,
"""


def load(caller: Caller, brand: Brand, content: str | bytes, key: str = "", **more: str) -> Any:
    raw = content.encode() if isinstance(content, str) else content
    data = {**more, "file": SimpleUploadedFile("catalogue.csv", raw)}
    return caller.send(
        "POST",
        f"/api/v1/brands/{brand.id}/catalogue/imports",
        encode_multipart("border", data),
        content_type="multipart/form-data; boundary=border",
        headers={"Idempotency-Key": key or uuid4().hex},
    )


def export(caller: Caller, brand: Brand) -> str:
    answer = caller.send("GET", f"/api/v1/brands/{brand.id}/catalogue/export")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def counts(**given: int) -> dict[str, Any]:
    nothing = {field.name: 0 for field in fields(Import) if field.name != "dry_run"}
    return {**nothing, **given}
