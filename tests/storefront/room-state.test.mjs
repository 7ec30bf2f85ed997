import assert from "node:assert/strict";
import test from "node:test";
import { apply, fromSnapshot, offer, resumePoint } from "../../marketplace/static/storefront/room-state.js";

const yuan = (amount) => ({ amount, currency: "CNY" });
const tea = { id: "slt_1", position: 1, price: yuan(3990), per_buyer_limit: 3, left: 9, sold: 1, pinned: false };
const session = { id: "ses_1", state: "live" };
const base = fromSnapshot({ epoch: "e", seq: 5, session, slots: [tea], pinned: null, deals: [], likes: 2 });
const deal = {
  id: "dl_1", slot: "slt_1", price: yuan(1990), per_buyer_limit: 2, left: 4, sold: 0,
  opens_at: "2026-01-01T00:00:00Z", closes_at: "2026-01-01T00:01:00Z",
};
const at = Date.parse("2026-01-01T00:00:30Z");

test("a fact that is not newer changes nothing", () => {
  assert.equal(apply(base, { type: "slot.pinned", seq: 5, data: { slot: "slt_1" } }), base);
});

test("a deal sells until its end or its last unit", () => {
  const open = apply(base, { type: "deal.opened", seq: 6, data: { deal } });
  assert.deepEqual(offer(open, tea, at), { deal: "dl_1", price: yuan(1990), left: 4, limit: 2 });
  assert.equal(offer(open, tea, at + 30_000).price.amount, 3990);
  const changes = [{ slot: "slt_1", deal: "dl_1", left: 0, sold: 4 }, { slot: "slt_1", deal: null, left: 5, sold: 5 }];
  const gone = apply(open, { type: "stock.changed", seq: 7, data: { changes } });
  assert.deepEqual(offer(gone, gone.slots[0], at), { deal: null, price: yuan(3990), left: 5, limit: 3 });
  assert.equal(resumePoint(gone), "e.7");
});

test("deleted messages vanish and none is shown twice", () => {
  const chat = { id: "msg_1", text: "hi", author: { name: "Bella" } };
  const told = { type: "chat.messages", data: { messages: [chat] } };
  const twice = apply(apply(base, told), told);
  assert.deepEqual(twice.chats, [chat]);
  assert.deepEqual(apply(twice, { type: "chat.deleted", data: { message: "msg_1" } }).chats, []);
});

test("an unknown fact moves the number only", () => {
  assert.deepEqual(apply(base, { type: "new.kind", seq: 6, data: {} }), { ...base, seq: 6 });
});
