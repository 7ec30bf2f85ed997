// Paints goods and the stage from a room's state; the room and its replay share it.

import { formatMoney } from "./js/money.js";
import { offer, openDeal, sells } from "./room-state.js";

const MOST_AT_ONCE = 99;

export function titleOf(slot) {
  return [slot.product.title, slot.variant.title].filter(Boolean).join(" · ");
}

/** Return a count with its thousands apart: 12,345. */
export const grouped = (count) => count.toLocaleString("en");

/** Write text only where it differs, so that nothing is read out twice. */
export function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/** Show a slot on its card; `known` has pictures and refund rates by product and the words of return policies. */
export function paintGood(card, slot, state, known, at) {
  const terms = offer(state, slot, at);
  const deal = terms.deal && openDeal(state, slot.id, at);
  const part = (name) => card.querySelector(`[data-${name}]`);
  if (card.dataset.good !== slot.id || !card.dataset.painted) paintFixed(card, part, slot, known);
  paintKnown(part, slot, known);
  card.querySelector('[data-mark="pinned"]').hidden = state.pinned !== slot.id;
  card.querySelector('[data-mark="deal"]').hidden = !deal;
  part("countdown").dataset.countdown = deal?.closes_at ?? "";
  write(part("price"), formatMoney(terms.price));
  const full = slot.full_price ?? slot.price; // facts of old shows have no discounts
  const before = full.amount > slot.list_price.amount ? full : slot.list_price;
  const dearer = before.amount > terms.price.amount;
  part("list-price").hidden = !dearer;
  write(part("list-price").lastElementChild, dearer ? formatMoney(before) : "");
  const limit = terms.limit ? ` · at most ${terms.limit} each` : "";
  const left = Math.max(0, terms.left);
  write(part("left"), (!slot.on_sale ? "Not on sale" : left ? `${left} left` : "Sold out") + limit);
  card.classList.toggle("is-gone", !left || !slot.on_sale);
  paintForm(card.querySelector("form"), terms, left);
  const button = card.querySelector("button");
  button.disabled = false; // a button that is only said to be disabled keeps the focus
  button.ariaDisabled = String(button.dataset.waiting === "yes" || !sells(state) || !left || !slot.on_sale);
}

function paintFixed(card, part, slot, { policies }) {
  card.dataset.good = slot.id;
  card.dataset.product = slot.product.id;
  card.dataset.painted = "yes";
  write(part("title"), titleOf(slot));
  write(part("brand"), slot.brand.name);
  write(part("policy"), policies[slot.product.return_policy] ?? slot.product.return_policy);
  const form = card.querySelector("form");
  form.elements.slot.value = slot.id;
  form.elements.quantity.value = 1;
  write(form.querySelector("label span"), `Quantity of ${titleOf(slot)}`);
  write(form.querySelector("button span"), ` ${titleOf(slot)}`);
}

/** Show what the page knows of a product, for one that is new in the room from a moment after its card came. */
function paintKnown(part, slot, { pictures, rates }) {
  write(part("rate"), rates[slot.product.id] ?? "");
  const picture = pictures[slot.product.id];
  const frame = part("picture");
  if (!picture) return frame.replaceChildren();
  const image = frame.querySelector("img") ?? frame.appendChild(new Image(80, 80));
  if (image.getAttribute("src") !== picture.url) image.src = picture.url;
  image.alt = picture.alt;
}

function paintForm(form, terms, left) {
  form.elements.deal.value = terms.deal ?? "";
  form.elements.amount.value = terms.price.amount;
  form.elements.currency.value = terms.price.currency;
  const most = Math.max(1, Math.min(left, terms.limit ?? left, MOST_AT_ONCE));
  form.elements.quantity.max = most;
  if (Number(form.elements.quantity.value) > most) form.elements.quantity.value = most;
}

/** Show the state on the stage. */
export function paintStage(stage, state, pictures, at) {
  if (!stage) return;
  const where = state.session.state;
  const mood = { live: "live", rehearsal: "live", paused: "paused", ended: "over", cancelled: "over" }[where] ?? "before";
  const slot = state.slots.find((each) => each.id === state.pinned);
  const deal = slot && openDeal(state, slot.id, at);
  const part = deal && (Date.parse(deal.closes_at) - at) / (Date.parse(deal.closes_at) - Date.parse(deal.opens_at));
  stage.show({
    mood,
    label: slot ? titleOf(slot) : null,
    picture: (slot && pictures[slot.product.id]?.url) ?? null,
    soldOut: Boolean(slot) && offer(state, slot, at).left <= 0,
    deal: deal ? { part } : null,
  });
}
