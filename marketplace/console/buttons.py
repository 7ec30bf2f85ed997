"""Every button of the console: the show, the line-up, the deals, the chat."""

from collections.abc import Callable
from typing import Any

from marketplace.console import forms
from marketplace.console.press import Button, Press
from marketplace.errors import FieldError, Forbidden, Invalid, NotFound
from marketplace.models import Variant
from marketplace.permissions import acts_for
from streams.actions import captions, deals, lineup, moderation, restock, sessions, show
from streams.admin.deals import open_deal_on
from streams.admin.forms import DealForm, to_price
from streams.models import Session
from streams.permissions import Access
from streams.queries.access import get_deal_for, get_session_for
from streams.queries.candidates import slots_of, variants_to_add
from streams.queries.chat import messages

SLOT, DEAL, MESSAGE = "slots/<slt:slot_id>", "deals/<dl:deal_id>", "chat/<msg:message_id>"


def _step(action: Callable[..., Session]) -> Callable[[Press], str]:
    """Return what takes one step of a session's life."""

    def run(press: Press) -> str:
        taken = action(session_id=press.session.id, **press.by)
        return f"The session is now: {taken.get_state_display()}."

    return run


def _schedule(press: Press) -> str:
    moment = press.values["at"]
    try:
        session = sessions.schedule_session(session_id=press.session.id, scheduled_at=moment, **press.by)
    except Invalid as wrong:
        raise _wrong("at", " ".join(error.detail for error in wrong.errors) or wrong.message) from None
    return f"Announced for {session.scheduled_at:%Y-%m-%d %H:%M} UTC."


def _pin(press: Press) -> str:
    slot = lineup.pin_slot(slot_id=press.slot.id, **press.by)
    return f"Pinned: {slot.variant.product}."


def _unpin(press: Press) -> str:
    lineup.unpin_slot(slot_id=press.slot.id, **press.by)
    return "Nothing is pinned."


def _sale(press: Press) -> str:
    on = press.values["on"]
    slot = lineup.change_slot(slot_id=press.slot.id, on_sale=on, **press.by)
    return f"{slot.variant.product} is {'on sale' if on else 'off sale: viewers read “Not on sale”'}."


def _terms(press: Press) -> str:
    price = to_price(press.values.pop("price"), press.slot.currency)
    slot = lineup.change_slot(slot_id=press.slot.id, live_price=price, **press.values, **press.by)
    return f"{slot.variant.product} now costs {slot.price}."


def _move(press: Press) -> str:
    ids = [slot.id for slot in slots_of(press.session)]
    at = ids.index(press.slot.id)
    to = max(0, at - 1) if press.values["way"] == "up" else min(len(ids) - 1, at + 1)
    ids.insert(to, ids.pop(at))
    lineup.reorder_lineup(session_id=press.session.id, slot_ids=ids, **press.by)
    return f"{press.slot.variant.product} is number {to + 1}."


def _add(press: Press) -> str:
    variant = Variant.objects.filter(id=press.values.pop("variant")).first()
    if variant is None or variant not in variants_to_add(press.session, now=press.now):
        raise NotFound("Choose a product of a brand that agrees.", param="variant")
    price = to_price(press.values.pop("price"), variant.currency)
    slot = lineup.add_slot(
        session_id=press.session.id, variant_id=variant.id, live_price=price, **press.values, **press.by
    )
    return f"Number {slot.position} of the line-up: {slot.variant.product}, {price}."


def _copy(press: Press) -> str:
    try:
        source = get_session_for(press.person, press.values["source"], Access.HOST)
    except (NotFound, Forbidden):
        raise _wrong("source", "Choose one of your own sessions.") from None
    added = lineup.copy_lineup(session_id=press.session.id, source_id=source.id, **press.by)
    return f"{len(added)} products of “{source.title}” are in the line-up."


def _restock(press: Press) -> None:
    if not acts_for(press.person, press.slot.variant.brand_id):
        raise Forbidden("Only who acts for the product's brand puts units on its shelf.", param="quantity")
    restock.restock_slot(slot_id=press.slot.id, quantity=press.values["quantity"], **press.by)


def _restocked(press: Press) -> str:
    return f"{press.values['quantity']} more of {press.slot.variant.product}."


def _open_deal(press: Press) -> str:
    return open_deal_on(press.slot, press.person, press.values)


def _close_deal(press: Press) -> str:
    deal = get_deal_for(press.person, press.session.id, press.ids["deal_id"], Access.HOST)
    deals.close_deal(deal_id=deal.id, **press.by)
    return "The deal is closed."


def _say(press: Press) -> None:
    captions.add_caption(session_id=press.session.id, text=press.values["text"], now=press.now)


def _said(_press: Press) -> str:
    return "Viewers read it as a subtitle."


def _on_message(action: Callable[..., Any], said: str) -> Callable[[Press], str]:
    """Return what does something with a message."""

    def run(press: Press) -> str:
        action(session_id=press.session.id, message_id=press.ids["message_id"], **press.by)
        return said

    return run


def _mute(press: Press) -> str:
    author = _author(press)
    moderation.mute(session_id=press.session.id, user_id=author.id, **press.values, **press.by)
    return f"{author.shown_name} may not write for {press.values['seconds']} seconds."


def _ban(press: Press) -> str:
    author = _author(press)
    moderation.ban(session_id=press.session.id, user_id=author.id, **press.by)
    return f"{author.shown_name} is out for the rest of the session."


def _lift(press: Press) -> str:
    sanction = moderation.lift(session_id=press.session.id, sanction_id=press.ids["sanction_id"], **press.by)
    return f"{sanction.user.shown_name} is back."


def _slow(press: Press) -> str:
    session = moderation.set_slow_mode(session_id=press.session.id, **press.values, **press.by)
    seconds = session.slow_mode_seconds
    return f"One message every {seconds} seconds." if seconds else "Slow mode is off."


def _block(press: Press) -> str:
    entry = moderation.block_word(session_id=press.session.id, **press.values, **press.by)
    return f"“{entry.word}” is blocked from the next message on."


def _unblock(press: Press) -> str:
    moderation.unblock_word(session_id=press.session.id, word_id=press.ids["word_id"], **press.by)
    return "The word may be said again."


def _author(press: Press) -> Any:
    """Return who wrote the message that the address names; raises NotFound."""
    found = messages().filter(session_id=press.session.id, id=press.ids["message_id"]).first()
    if found is None:
        raise NotFound
    return found.author


def _wrong(param: str, detail: str) -> Invalid:
    return Invalid(detail, param=param, errors=[FieldError(param, "invalid", detail)])


END = "Open deals are closed. A session that has ended does not come back."
MODERATE = Access.MODERATE

BUTTONS = (
    Button("schedule", "schedule/", "Schedule", _schedule, form=forms.MomentForm),
    Button("rehearse", "rehearse/", "Rehearse", _step(show.rehearse_session)),
    Button("end_rehearsal", "end-rehearsal/", "End rehearsal", _step(show.end_rehearsal)),
    Button("start", "start/", "Go live", _step(show.start_session)),
    Button("pause", "pause/", "Pause", _step(show.pause_session)),
    Button("resume", "resume/", "Resume", _step(show.resume_session)),
    Button("end", "end/", "End show", _step(show.end_session), question=END),
    Button("say", "say/", "Say", _say, form=forms.CaptionForm, once=_said),
    Button("add", "add/", "Add to line-up", _add, form=forms.NewRowForm),
    Button("copy", "copy/", "Copy a line-up", _copy, form=forms.SourceForm),
    Button("pin", f"{SLOT}/pin/", "Pin", _pin),
    Button("unpin", f"{SLOT}/unpin/", "Unpin", _unpin),
    Button("sale", f"{SLOT}/sale/", "Sale switch", _sale, form=forms.SwitchForm),
    Button("terms", f"{SLOT}/terms/", "Change terms", _terms, form=forms.TermsForm),
    Button("move", f"{SLOT}/move/", "Move", _move, form=forms.WayForm),
    Button("restock", f"{SLOT}/restock/", "Restock", _restock, form=forms.UnitsForm, once=_restocked),
    Button("open_deal", f"{SLOT}/deal/", "Open deal", _open_deal, form=DealForm),
    Button("close_deal", f"{DEAL}/close/", "Close deal", _close_deal),
    Button(
        "pin_message", f"{MESSAGE}/pin/", "Pin message",
        _on_message(moderation.pin_message, "The message is pinned."), MODERATE,
    ),
    Button(
        "unpin_message", f"{MESSAGE}/unpin/", "Unpin message",
        _on_message(moderation.unpin_message, "The message is not pinned."), MODERATE,
    ),
    Button(
        "delete_message", f"{MESSAGE}/delete/", "Delete message",
        _on_message(moderation.delete_message, "The message is off every screen."), MODERATE,
    ),
    Button("mute", f"{MESSAGE}/mute/", "Mute", _mute, MODERATE, forms.MuteForm),
    Button("ban", f"{MESSAGE}/ban/", "Ban", _ban, MODERATE),
    Button("lift", "sanctions/<snc:sanction_id>/lift/", "Lift sanction", _lift, MODERATE),
    Button("slow_mode", "slow-mode/", "Slow mode", _slow, MODERATE, forms.SlowModeForm),
    Button("block_word", "words/", "Block a word", _block, MODERATE, forms.WordForm),
    Button("unblock_word", "words/<wrd:word_id>/unblock/", "Unblock", _unblock, MODERATE),
)  # fmt: skip
