"""The catalogue's admin in tests: addresses, and a hand that presses buttons."""

from typing import Any

from django.test import Client
from django.urls import reverse

from marketplace.models import (
    User,
)  # fmt: skip

OWN = ("brand", "product", "variant", "stocklevel", "stockmovement")


STAFF = ("category", "user", "fact")


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def lists(model: str) -> str:
    return reverse(f"admin:marketplace_{model}_changelist")


def page(obj: Any, button: str = "change") -> str:
    return reverse(f"admin:marketplace_{obj._meta.model_name}_{button}", args=[obj.pk])


def press(client: Client, obj: Any, button: str, **values: Any) -> str:
    """Open a button's page, send its form, and return what the next page says."""
    address = page(obj, button)
    asked = client.get(address)
    assert asked.status_code == 200
    assert b"csrfmiddlewaretoken" in asked.content
    answer = client.post(address, values, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()
