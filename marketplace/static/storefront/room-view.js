// Paints goods and the stage from a room's state; the room and its replay share it.

import { offer, openDeal, sells } from "./room-state.js";

/** Return an amount as the pages write it: 39.90 CNY. */
export function money({ amount, currency }) {
  const digits = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
  return `${(amount / 10 ** digits).toFixed(digits)} ${currency}`;
}

/** Return seconds as a clock shows them: 2:03 or 1:02:03. */
export function clock(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

export function titleOf(slot) {
  return [slot.product.title, slot.variant.title].filter(Boolean).join(" · ");
}

/** Write text only where it differs, so that nothing is read out twice. */
export function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/** Show a slot on its card; `known` has pictures by product and the words of return policies. */
export function paintGood(card, slot, state, known, at) {
  const terms = offer(state, slot, at);
  const deal = terms.deal && openDeal(state, slot.id, at);
  const part = (name) => card.querySelector(`[data-${name}]`);
  if (card.dataset.good !== slot.id || !card.dataset.painted) paintFixed(card, part, slot, known);
  card.querySelector('[data-mark="pinned"]').hidden = state.pinned !== slot.id;
  card.querySelector('[data-mark="deal"]').hidden = !deal;
  if (deal) write(part("countdown"), clock((Date.parse(deal.closes_at) - at) / 1000));
  write(part("price"), money(terms.price));
  const dearer = slot.list_price.amount > terms.price.amount;
  part("list-price").hidden = !dearer;
  write(part("list-price").lastElementChild, dearer ? money(slot.list_price) : "");
  const limit = terms.limit ? ` · at most ${terms.limit} each` : "";
  const left = Math.max(0, terms.left);
  write(part("left"), (!slot.on_sale ? "Not on sale" : left ? `${left} left` : "Sold out") + limit);
  card.classList.toggle("is-gone", !left || !slot.on_sale);
  paintForm(card.querySelector("form"), terms, left);
  const button = card.querySelector("button");
  button.disabled = button.dataset.waiting === "yes" || !sells(state) || !left || !slot.on_sale;
}

function paintFixed(card, part, slot, { pictures, policies }) {
  card.dataset.good = slot.id;
  card.dataset.product = slot.product.id;
  card.dataset.painted = "yes";
  write(part("title"), titleOf(slot));
  write(part("brand"), slot.brand.name);
  write(part("policy"), policies[slot.product.return_policy] ?? slot.product.return_policy);
  const form = card.querySelector("form");
  form.elements.slot.value = slot.id;
  form.elements.quantity.value = 1;
  write(form.querySelector("label .unseen"), `Quantity of ${titleOf(slot)}`);
  write(form.querySelector("button .unseen"), ` ${titleOf(slot)}`);
  const picture = pictures[slot.product.id];
  const frame = card.querySelector(".good-picture");
  if (!picture) return frame.replaceChildren();
  const image = frame.querySelector("img") ?? frame.appendChild(new Image(80, 80));
  if (image.getAttribute("src") !== picture.url) image.src = picture.url;
  image.alt = picture.alt;
}

function paintForm(form, terms, left) {
  form.elements.deal.value = terms.deal ?? "";
  form.elements.amount.value = terms.price.amount;
  form.elements.currency.value = terms.price.currency;
  const most = Math.max(1, Math.min(left, terms.limit ?? left, 99));
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
