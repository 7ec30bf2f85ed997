"""What the proofs send to the admin: where each button's page is, and a good form for it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms import Form
from django.template.response import TemplateResponse
from django.urls import reverse

from marketplace.lib import clock
from marketplace.models import User
from refunds.models import Refund
from streams.actions.sessions import schedule_session
from tests.marketplace.rest_callers import Caller
from tests.security.requests import CSV, PNG, RETURN_BEFORE, File, off_air, paused, rehearsing, sent_back
from tests.security.world import World

#: What a button's form needs beside what it shows; fields of several parts are tuples.
FORMS: dict[str, dict[str, Any]] = {
    "marketplace_product_restock": {"variant": "{variant}", "quantity": 5, "note": "Delivery"},
    "marketplace_product_add_variant": {"sku": "NEW", "price": "9.90", "on_hand": 5},
    "marketplace_product_add_picture": {"file": File(PNG), "alt": "A bag"},
    "marketplace_product_cover_picture": {"picture": "{back}"},
    "marketplace_product_delete_picture": {"picture": "{back}"},
    "marketplace_brand_create": {"name": "New tea"},
    "marketplace_brand_add_product": {"title": "New", "category": "tea", "return_policy": "standard"},
    "marketplace_brand_add_member": {"username": "otto", "role": "staff"},
    "marketplace_brand_change_member": {"member": "{staff}", "role": "owner"},
    "marketplace_brand_remove_member": {"member": "{staff}"},
    "marketplace_brand_import_file": {"file": File(CSV)},
    "marketplace_category_create": {"name": "Cups", "slug": "cups"},
    "marketplace_user_create": {"username": "nina", "password": "a long and good one"},
    "marketplace_user_set_password": {"password": "a long and good one"},
    "marketplace_variant_restock": {"quantity": 5, "note": "Delivery"},
    "marketplace_variant_count": {"on_hand": 50, "note": "Counted"},
    "streams_chatmessage_mute": {"seconds": 60},
    "streams_blockedword_block": {"word": "cheap", "session": "{live}"},
    "streams_collaboration_create": {"brand": "{brand}", "kind": "open", "rate_bp": 500},
    "streams_session_create": {"title": "New", "source": "simulated"},
    "streams_session_pin": {"slot": "{slot}"},
    "streams_session_open_deal": {"slot": "{third}", "price": "29.90", "quota": 1},
    "streams_session_close_deal": {"deal": "{deal}"},
    "streams_session_add_slot": {"variant": "{spare_variant}", "price": "39.90"},
    "streams_session_schedule": {"scheduled_at": "tomorrow"},
    "streams_session_cover": {"file": File(PNG)},
    "streams_slotprice_discount": {"funder": "brand", "amount": "1.00"},
    "streams_slot_open_deal": {"price": "29.90", "quota": 1},
    "streams_streamer_add_moderator": {"username": "otto"},
    "streams_streamer_remove_moderator": {"username": "mona"},
    "streams_streamer_agency_choice": {"agency": "{agency}"},
    "streams_agency_create": {"name": "New", "share_bp": 500},
    "streams_agency_add_member": {"username": "otto", "role": "staff"},
    "streams_agency_change_member": {"member": "{alien}", "role": "owner"},
    "streams_agency_remove_member": {"member": "{alien}"},
    "orders_order_ship": {"brand": "{brand}"},
    "orders_order_cancel": {"brand": "{brand}"},
    "orders_slotfee_offer": {"slot": "{coming}", "amount": "10.00", "minutes": 5},
    "refunds_return_reject": {"note": "It is fine."},
    "refunds_return_offer": {"amount": "10.00"},
    "refunds_return_refuse_goods": {"note": "It is used."},
    "refunds_return_dispute": {"note": "It never came."},
    "refunds_return_show_file": {"file": File(PNG)},
    "refunds_return_decide": {"decision": "buyer", "note": "It is broken."},
}


def _scheduled(world: World) -> None:
    when = clock.now() + timedelta(minutes=5)
    schedule_session(
        session_id=world.ids["draft"], scheduled_at=when, actor=world.people["host"], now=clock.now()
    )


def _failed(world: World) -> None:
    Refund.objects.filter(id=world.ids["refund"]).update(
        state=Refund.State.FAILED, next_attempt_at=clock.now() + timedelta(hours=1), done_at=None
    )


def _blocked(world: World) -> None:
    User.objects.filter(id=world.ids["other"]).update(is_active=False)


#: What must have happened before a button makes sense.
BEFORE: dict[str, Callable[[World], None]] = {
    "streams_session_start": off_air,
    "streams_session_rehearse": off_air,
    "streams_session_end_rehearsal": rehearsing,
    "streams_session_resume": paused,
    "refunds_refund_retry": _failed,
    "marketplace_user_unblock": _blocked,
    **{f"refunds_return_{step}": before for step, before in RETURN_BEFORE.items()},
    "refunds_return_dispute": sent_back,
}


def address(world: World, route: str, thing: str) -> str:
    """Return the address of an admin's page; ``-`` stands for a page of no thing in particular."""
    return reverse(f"admin:{route}", args=[] if thing == "-" else [world.ids[thing]])


def form_at(reader: Caller, path: str) -> Form | None:
    """Return the form that a page shows; the page is not drawn, for nobody looks at it."""
    with patch.object(TemplateResponse, "render", _undrawn):
        page = reader.get(path)
    form: Form | None = getattr(page, "context_data", {}).get("form")
    return form


def _undrawn(page: Any) -> Any:
    page.content = b""
    return page


def good_form(world: World, reader: Caller, route: str, thing: str) -> dict[str, Any]:
    """Return what somebody sends who fills in a button's form well."""
    return filled(world, form_at(reader, address(world, route, thing)), route)


def filled(world: World, form: Form | None, route: str) -> dict[str, Any]:
    """Return what is sent of a button's form that is filled in well."""
    data: dict[str, Any] = {}
    for name, field in form.fields.items() if form else ():
        value = form.initial.get(name, field.initial) if form else None
        if value is not None and value is not False:
            data[name] = value
    for name, value in world.fill(FORMS.get(route, {})).items():
        if isinstance(value, File):
            data[name] = SimpleUploadedFile("file.bin", value)
        elif value == "tomorrow":
            tomorrow = clock.now() + timedelta(days=1)
            data[f"{name}_0"], data[f"{name}_1"] = tomorrow.date().isoformat(), "12:00:00"
        else:
            data[name] = value
    return data
