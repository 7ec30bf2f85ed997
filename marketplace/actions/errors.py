"""What the catalogue's actions refuse."""

import contextlib
from collections.abc import Iterator

from django.db import IntegrityError

from marketplace.errors import Conflict, DomainError


class NameTaken(Conflict):
    """Somebody else already uses the name, or what addresses are made of it; ``param`` says which."""

    code = "name_taken"
    message = "This name is taken."
    cure = "Choose another one for the field named in param."


class SkuTaken(Conflict):
    """The brand already has a variant with this SKU."""

    code = "sku_taken"
    message = "The brand already uses this SKU."
    cure = "Change the variant that has it, or choose another SKU."


class AlreadyMember(Conflict):
    """The person already acts for the brand or the agency."""

    code = "already_member"
    message = "This person is a member already."
    cure = "Change the member's role instead of adding the member again."


class LastOwner(Conflict):
    """A brand always has an owner; an agency that has one keeps one."""

    code = "last_owner"
    message = "Nobody would be left who owns it."
    cure = "Make somebody else an owner first."


class NotPublishable(Conflict):
    """The product has nothing that could be bought."""

    code = "not_publishable"
    message = "A product needs an active variant before it can be published."
    cure = "Add a variant, or activate one, and publish again."


@contextlib.contextmanager
def refusing_duplicates(refusal: DomainError) -> Iterator[None]:
    """Raise ``refusal`` when a unique constraint refuses a row: somebody was faster than the check before.

    Idempotency records are not meant: their own guard deals with a repeated key.
    """
    try:
        yield
    except IntegrityError as error:
        text = str(error).lower()
        if "unique" not in text or "idempotency" in text:
            raise
        raise refusal from None
