"""What the room's scripts make of messages and answers, in the browser that runs them."""

import pytest

from tests.browser.conftest import Meet

pytestmark = pytest.mark.only_in("embedded")

SETTING = """
const state = await import("/static/storefront/room-state.js");
const { apply, fromSnapshot, offer, repriced, resumePoint, sells } = state;
const yuan = (amount) => ({ amount, currency: "CNY" });
const tea = {
  id: "slt_1", position: 1, price: yuan(3990), per_buyer_limit: 3, left: 9, sold: 1, pinned: false,
};
const session = { id: "ses_1", state: "live" };
const base = fromSnapshot({ epoch: "e", seq: 5, session, slots: [tea], pinned: null, deals: [], likes: 2 });
const deal = {
  id: "dl_1", slot: "slt_1", price: yuan(1990), per_buyer_limit: 2, left: 4, sold: 0,
  opens_at: "2026-01-01T00:00:00Z", closes_at: "2026-01-01T00:01:00Z",
};
const at = Date.parse("2026-01-01T00:00:30Z");
const open = apply(base, { type: "deal.opened", seq: 6, data: { deal } });
const gone = apply(open, { type: "stock.changed", seq: 7, data: { changes: [
  { slot: "slt_1", deal: "dl_1", left: 0, sold: 4 }, { slot: "slt_1", deal: null, left: 5, sold: 5 },
] } });
const chat = { id: "msg_1", text: "hi", author: { name: "Bella" } };
const told = { type: "chat.messages", data: { messages: [chat] } };
const said = apply(apply(base, told), told);
"""

CASES = {
    "a fact that is not newer changes nothing": (
        'apply(base, { type: "slot.pinned", seq: 5, data: { slot: "slt_1" } }) === base',
        True,
    ),
    "a pin moves with its slot": (
        '(({ pinned, slots }) => [pinned, slots[0].pinned])('
        'apply(base, { type: "slot.pinned", seq: 6, data: { slot: "slt_1" } }))',
        ["slt_1", True],
    ),
    "a deal sells on its terms": (
        "offer(open, tea, at)",
        {"deal": "dl_1", "price": {"amount": 1990, "currency": "CNY"}, "left": 4, "limit": 2},
    ),
    "a deal is over at its end": ("offer(open, tea, at + 30_000).price.amount", 3990),
    "a deal is over with its last unit": (
        "offer(gone, gone.slots[0], at)",
        {"deal": None, "price": {"amount": 3990, "currency": "CNY"}, "left": 5, "limit": 3},
    ),
    "a refusal may tell a price before its fact does": (
        '[{ slot: "slt_1" }, { slot: "slt_1", deal: "dl_1" }].map((asked) => repriced(open, asked, yuan(5)))'
        ".map(({ slots, deals }) => [slots[0].price.amount, deals[0].price.amount])",
        [[5, 1990], [3990, 5]],
    ),
    "the resume point follows the facts": ("resumePoint(gone)", "e.7"),
    "no message is shown twice": ("said.chats.length", 1),
    "what a snapshot does not have was deleted while the screen was away": (
        '(({ chats }) => chats.map((chat) => chat.id))(apply(said, { type: "resync", data: '
        '{ epoch: "e", seq: 9, session, slots: [], deals: [], pinned: null, chats: [{ id: "msg_2" }] } }))',
        ["msg_2"],
    ),
    "deleted messages vanish": (
        'apply(said, { type: "chat.deleted", data: { message: "msg_1" } }).chats',
        [],
    ),
    "an unknown fact moves the number only": (
        'JSON.stringify(apply(base, { type: "new.kind", seq: 6, data: {} }))'
        " === JSON.stringify({ ...base, seq: 6 })",
        True,
    ),
    "a snapshot keeps the messages seen before": (
        '(({ seq, chats }) => [seq, chats.length])(apply(said, { type: "resync", data: '
        '{ epoch: "e", seq: 9, session, slots: [], deals: [], pinned: null, chats: [] } }))',
        [9, 1],
    ),
    "an ended show sells where its streamer lets it": (
        '[false, true].map((replay_sells) => sells({ session: { state: "ended", replay_sells } }))',
        [False, True],
    ),
}  # fmt: skip


def test_what_messages_make_of_a_room(meet: Meet) -> None:
    nobody = meet()
    nobody.visit("/sign-in")
    lines = ",\n".join(f"[{name!r}]: {expression}" for name, (expression, _) in CASES.items())
    found = nobody.page.evaluate(f"async () => {{{SETTING} return {{{lines}}}; }}")
    assert found == {name: expected for name, (_, expected) in CASES.items()}


#: Busy at first; before it is time to try again the connection comes back, and Buying asks at once.
ASKED_TWICE = """async () => {
  const { Buying } = await import("/static/storefront/buying.js");
  document.body.innerHTML = `<form><button>Buy</button><input name="slot" value="slt_1"><input name="deal">
    <input name="quantity" value="1"><input name="amount" value="3990"><input name="currency" value="CNY">
    <input name="key" value="first"></form>`;
  const form = document.querySelector("form"), keys = [], told = [];
  const answers = [{ type: "buy.refused", data: { code: "busy", retry_after: 0.2 } }];
  const accepted = { type: "buy.accepted", data: { order: "ord_1" } };
  const ask = async (_type, data) => (keys.push(data.key), answers.shift() ?? accepted);
  const buying = new Buying({
    socket: { isOpen: true, ask }, signedIn: true, repaint: () => {},
    accepted: ({ order }) => told.push(order), refused: ({ code }) => told.push(code), delayed: () => {},
  });
  const taken = buying.take(form);
  await new Promise((done) => setTimeout(done, 50));
  const waiting = form.querySelector("button").dataset.waiting;
  buying.again();
  await new Promise((done) => setTimeout(done, 400));
  return { taken, waiting, after: form.querySelector("button").dataset.waiting, keys, told };
}"""


def test_a_purchase_that_is_asked_for_twice_is_answered_once(meet: Meet) -> None:
    nobody = meet()
    nobody.visit("/sign-in")
    assert nobody.page.evaluate(ASKED_TWICE) == {
        "taken": True,
        "waiting": "yes",
        "after": "no",
        "keys": ["first", "first"],
        "told": ["ord_1"],
    }


#: Sent twice before the answer is there, while the next message is being typed.
SAID_TWICE = """async () => {
  const { Chat } = await import("/static/storefront/room-chat.js");
  document.body.innerHTML = `<section><ol data-chats></ol><form data-say><input name="text" value="hello">
    <button type="button" data-like></button></form><p data-chat-note></p></section>`;
  const form = document.querySelector("form"), said = [], answers = [];
  const ask = (_type, { text }) => new Promise((answer) => { said.push(text); answers.push(answer); });
  new Chat(document.querySelector("section"), { socket: { ask }, liked: () => {} });
  form.requestSubmit();
  form.requestSubmit();
  form.elements.text.value = "and then";
  answers[0]({ type: "chat.accepted", data: {} });
  await new Promise((done) => setTimeout(done, 0));
  const kept = form.elements.text.value;
  form.requestSubmit();
  answers[1]({ type: "chat.accepted", data: {} });
  await new Promise((done) => setTimeout(done, 0));
  return { said, kept, left: form.elements.text.value };
}"""


def test_a_message_that_is_sent_twice_is_said_once(meet: Meet) -> None:
    nobody = meet()
    nobody.visit("/sign-in")
    found = nobody.page.evaluate(SAID_TWICE)
    assert found == {"said": ["hello", "and then"], "kept": "and then", "left": ""}
