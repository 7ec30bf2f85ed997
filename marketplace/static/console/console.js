// The console at work: every form is sent without leaving the page, and what happens in the room is shown at once.

import { watchFigures } from "./figures.js";
import { watchHolds } from "./hold.js";
import { current, isOnce, renew } from "./once.js";
import { Room } from "./room.js";
import { Stage } from "./stage.js";

const TICK_MS = 250;
const TOAST_MS = 4500;
const MOST_MESSAGES = 200;
const ANSWER_MS = 20_000;
const DONE_OTHERWISE = 422; // the key was used before, for other values
const NEWS = new Set(["chat.pinned", "chat.unpinned", "chat.slow_mode"]);

const root = document.querySelector("#console");
const wiring = JSON.parse(document.querySelector("#wiring").textContent);
const stage = new Stage(root, wiring.stage);
const readFigures = wiring.counts ? watchFigures(root, wiring.figures) : () => {};
const room = new Room(wiring.session, heard);
let viewers = "";
let lag = "";
let toastTimer = 0;
const underWay = new Set();
let chatId = "";

// ---- what the room says ------------------------------------------------------------------------------------

function heard(message) {
  const { type, data } = message;
  const state = stateIn(message) ?? wiring.state;
  if (isOtherPage(wiring.state, state)) {
    location.reload();
    return;
  }
  wiring.state = state;
  if (message.seq) {
    lag = `${Math.max(0, Math.round(room.now() - Date.parse(message.at)))} ms`;
    if (type === "stock.changed") data.changes.forEach(showStock);
    else if (type !== "host.said") stage.soon();
  } else if (type === "room.snapshot" || type === "resync") {
    viewers = String(data.viewers ?? viewers);
    stage.soon();
  } else if (type === "room.pulse") {
    viewers = String(data.viewers);
  } else if (type === "chat.messages") {
    data.messages.forEach(addMessage);
  } else if (type === "chat.deleted") {
    root.querySelector(`[data-message="${data.message}"]`)?.remove();
    stage.soon();
  } else if (NEWS.has(type)) {
    stage.soon();
  } else if (type === "chat.accepted" && message.re === chatId) {
    root.querySelector("#chat-text").value = "";
  } else if (type === "error") {
    toast(data.message, true);
  } else if (type === "closed") {
    toast("The room is closed to you. Load the page again.", true);
  }
  tick();
}

// What a message says of the show's state; a snapshot may be older than the page, and says nothing new then.
function stateIn({ type, seq, data }) {
  if ((seq ?? data.seq ?? 0) <= wiring.seq) return undefined;
  return data.session?.state ?? (type.startsWith("session.") ? data.state : undefined);
}

// Before, on air and over, the page is made of other parts.
function isOtherPage(from, to) {
  const part = (state) => (["live", "paused"].includes(state) ? "on" : ["ended", "cancelled"].includes(state) ? "over" : state);
  return part(from) !== part(to);
}

function showStock(change) {
  const row = root.querySelector(`[data-slot="${change.slot}"]`);
  if (!row) return;
  if (change.deal) {
    const place = row.querySelector(`[data-deal="${change.deal}"] [data-deal-left]`);
    if (place) place.textContent = change.left;
    return;
  }
  const left = row.querySelector("[data-left]");
  left.textContent = change.left;
  left.toggleAttribute("data-none", change.left <= 0);
  row.querySelector("[data-sold]").textContent = change.sold;
}

function addMessage(chat) {
  const list = root.querySelector("#messages");
  if (list.querySelector(`[data-message="${chat.id}"]`)) return;
  const item = document.querySelector("#chat-row").content.firstElementChild.cloneNode(true);
  const blank = item.dataset.message;
  item.dataset.message = chat.id;
  for (const form of item.querySelectorAll("form")) form.setAttribute("action", form.getAttribute("action").replace(blank, chat.id));
  item.querySelector("[data-time]").textContent = chat.at.slice(11, 16);
  item.querySelector("[data-author]").textContent = chat.author.name;
  item.querySelector("[data-author]").dataset.role = chat.author.role;
  item.querySelector("[data-text]").textContent = chat.text;
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  list.append(item);
  while (list.children.length > MOST_MESSAGES) list.firstElementChild.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
  root.querySelector("#chat-empty").hidden = true;
}

// ---- what time it is ---------------------------------------------------------------------------------------

function tick() {
  const now = room.now();
  for (const place of root.querySelectorAll("[data-since]")) write(place, span(now - Date.parse(place.dataset.since)));
  for (const place of root.querySelectorAll("[data-until]")) write(place, `${place.matches(".con-countdown") ? "closes " : ""}in ${span(Date.parse(place.dataset.until) - now)}`);
  write(root.querySelector("[data-viewers]"), viewers || "–");
  write(root.querySelector("[data-lag]"), lag || "–");
  const age = room.lastHeard ? (Date.now() - room.lastHeard) / 1000 : Infinity;
  const beat = root.querySelector("[data-beat]");
  write(beat, room.open && age < Infinity ? `${Math.floor(age)} s ago` : "connecting");
  beat.parentElement.dataset.beatState = !room.open ? "off" : age < 7 ? "good" : "late";
}

function span(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (number) => String(number).padStart(2, "0");
  return `${hours}:${two(minutes)}:${two(rest)}`;
}

function write(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

// ---- what is pressed ---------------------------------------------------------------------------------------

// Sends a form, once at a time; it may stand on the page anew by the time of its answer.
async function send(form, submitter, extra = {}) {
  const address = form.action;
  if (underWay.has(address)) return;
  const body = new FormData(form, submitter);
  for (const [name, value] of Object.entries(extra)) body.set(name, value);
  const error = form.querySelector("[data-error]");
  if (error) error.textContent = "";
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  underWay.add(address);
  try {
    const answer = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin", signal: AbortSignal.timeout(ANSWER_MS) });
    if (answer.status >= 500) {
      unanswered(form, "That went wrong.");
    } else if (answer.redirected || !answer.headers.get("Content-Type")?.startsWith("application/json")) {
      toast(answer.redirected ? "You are signed out. Load the page and sign in again." : "That did not work. Load the page again.", true);
    } else {
      const told = await answer.json();
      if (answer.ok || answer.status === DONE_OTHERWISE) renew(current(root, form));
      if (answer.ok) done(current(root, form), told.said);
      else refused(current(root, form), told);
    }
  } catch {
    unanswered(form, "No connection.");
  } finally {
    underWay.delete(address);
  }
}

// Nobody knows whether it was done. What is done once keeps its key.
function unanswered(form, why) {
  toast(`${why} ${isOnce(form) ? "Press again: it is done once." : "See whether it was done before you press again."}`, true);
}

function done(form, said) {
  toast(said);
  if (form.hasAttribute("data-clear")) form.reset();
  if (form.hasAttribute("data-close")) form.closest("details").open = false;
  form.closest(".con-message details")?.removeAttribute("open");
  stage.refresh();
  readFigures();
}

function refused(form, told) {
  const sentences = Object.entries(told.fields ?? {}).map(([name, sentence]) => {
    form.querySelector(`[name="${name}"]`)?.setAttribute("aria-invalid", "true");
    return `${name.replaceAll("_", " ")}: ${sentence}`;
  });
  const text = sentences.length ? sentences.join(" ") : told.error;
  const place = form.querySelector("[data-error]");
  if (place) place.textContent = text;
  else toast(text, true);
  form.querySelector('[aria-invalid="true"]')?.focus();
}

function toast(text, isBad = false) {
  const place = document.querySelector("#toast");
  place.textContent = text;
  place.dataset.bad = isBad ? "1" : "";
  place.classList.add("con-shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => place.classList.remove("con-shown"), TOAST_MS);
}

watchHolds(root, (form) => send(form, null, { confirmed: "1" }));

root.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-press]");
  if (!form) return;
  event.preventDefault();
  send(form, event.submitter);
});

root.addEventListener("change", (event) => {
  if (!event.target.matches("[data-prices]")) return;
  event.target.form.elements.price.value = event.target.selectedOptions[0].dataset.price;
});

// ---- keys --------------------------------------------------------------------------------------------------

const keys = root.querySelector("#keys");
if (keys) {
  keys.checked = localStorage.getItem("console-keys") !== "off";
  keys.addEventListener("change", () => localStorage.setItem("console-keys", keys.checked ? "on" : "off"));
}

document.addEventListener("keydown", (event) => {
  if (!keys?.checked || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  if (/^[1-9]$/.test(event.key)) press(`[data-key="${event.key}"]:not([data-unpin])`, event);
  else if (event.key === "0") press("[data-unpin]", event);
  else if (event.key.toLowerCase() === "d") openDeal(event);
});

function press(selector, event) {
  const button = root.querySelector(selector);
  if (!button) return;
  event.preventDefault();
  button.form.requestSubmit(button);
}

function openDeal(event) {
  const details = root.querySelector('[data-pinned="1"]')?.closest("li").querySelector("[data-deal-form]");
  if (!details) return;
  event.preventDefault();
  details.open = true;
  details.querySelector("[name=price]").select();
}

// ---- the chat's own words ----------------------------------------------------------------------------------

const chatForm = root.querySelector("#chat-send");
if (chatForm) {
  chatForm.hidden = false;
  chatForm.addEventListener("submit", (event) => {
    event.preventDefault();
    chatId = room.send("chat.send", { text: root.querySelector("#chat-text").value });
    if (!chatId) toast("No connection. Try again in a moment.", true);
  });
}

const messages = root.querySelector("#messages");
messages.scrollTop = messages.scrollHeight;
setInterval(tick, TICK_MS);
tick();
