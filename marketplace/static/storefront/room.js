// The room page: keeps what the server rendered up to date, and makes it quick.

import { followServerTime, serverNow, setServerTime } from "./js/countdown.js";
import { formatMoney } from "./js/money.js";
import { Buying, freshKey, renewOnReturn } from "./buying.js";
import { Chat } from "./room-chat.js";
import { Known } from "./room-known.js";
import { checkOut, tellOrder } from "./room-orders.js";
import { RoomSocket } from "./room-socket.js";
import { apply, fromSnapshot, offer, repriced, resumePoint } from "./room-state.js";
import { grouped, paintGood, paintStage, titleOf, write } from "./room-view.js";
import { Stage } from "./stage.js";
import { play } from "./video.js";

const find = (name) => document.querySelector(`[data-${name}]`);
const given = JSON.parse(document.getElementById("room-data").textContent);
const { refusals } = given;
const ENDS = {
  banned: "You have been removed from this room.",
  gone: "This room is no longer there.",
  sign_in: "Please sign in again and reload the page.",
  broken: "The live connection is off. Reload the page to go on; buying works without it.",
};
const CURTAINS = { paused: "A short break", ended: "The show is over", cancelled: "This show was called off" };
const HOLD_MS = 700;
const SUBTITLE_MS = 4_000;
const SUBTITLE_MS_PER_LETTER = 60;

let state = fromSnapshot(given.snapshot);
let subtitle = null;
let frame = null;
const canvas = find("stage");
const stage = canvas && new Stage(canvas, state.session.streamer.id);

const socket = new RoomSocket({
  session: state.session.id,
  since: () => resumePoint(state),
  onMessage: hear,
  onStatus: (status, reason) => {
    find("room").dataset.socket = status;
    const badge = find("connection");
    badge.hidden = status === "open" || status === "idle";
    write(badge, status === "closed" ? (ENDS[reason] ?? "") : "Reconnecting…");
    if (status === "open") buying.again();
    if (status === "closed") buying.byForm();
  },
});

const buying = new Buying({ socket, signedIn: Boolean(given.user), accepted, refused, delayed, repaint: paint });
const known = new Known(given, paintSoon);
const chat = new Chat(document.querySelector(".chat"), { socket, liked: () => stage?.like(1) });

/** What a message does besides changing the state; facts are told once only. */
const ASIDE = {
  "room.snapshot": (data) => setServerTime(data.server_time),
  resync: (data) => setServerTime(data.server_time),
  "host.said": (data) => say(data.text),
  "room.pulse": (data) => data.likes && stage?.like(data.likes),
  "deal.opened": (data) => announceDeal(data.deal),
  "slot.pinned": (data) => announcePin(data.slot),
  "session.paused": () => write(find("subtitle"), ""),
  "session.ended": () => write(find("subtitle"), ""),
  "chat.muted": () => chat.note("You are muted and may write again later."),
  "chat.unmuted": () => chat.note("You may write again."),
  "order.updated": tellOrder,
};

function hear(message) {
  if (message.type === "room.pulse") followServerTime(message.at);
  const before = state;
  state = apply(state, message);
  const isOld = message.seq !== undefined && state === before;
  if (!isOld) ASIDE[message.type]?.(message.data);
  if (state !== before) paintSoon();
}

/** Paint once for all that came since the last frame. */
function paintSoon() {
  frame ??= requestAnimationFrame(() => {
    frame = null;
    paint();
  });
}

function paint() {
  const at = serverNow();
  const where = state.session.state;
  find("room").dataset.state = where;
  write(find("live"), where[0].toUpperCase() + where.slice(1));
  find("live").classList.toggle("badge--live", where === "live");
  write(find("viewers"), `${grouped(state.viewers)} watching`);
  paintCurtain(where);
  paintBag(at);
  paintPinned(at);
  paintStage(stage, state, given.pictures, at);
  chat.paint(state);
}

function paintCurtain(where) {
  find("curtain").hidden = where === "live" || where === "rehearsal";
  write(find("curtain-title"), CURTAINS[where] ?? "The show begins soon");
  find("replay-link").hidden = where !== "ended";
  find("begins").hidden = where !== "scheduled" || !state.session.scheduled_at;
  if (where !== "scheduled") find("remind")?.remove();
}

function paintBag(at) {
  const bag = find("bag");
  known.look(state);
  const lines = state.slots.map((slot) => {
    const card = bag.querySelector(`[data-good="${slot.id}"]`) ?? newCard(bag);
    paintGood(card, slot, state, given, at);
    return card.closest("li");
  });
  putInOrder(bag, lines);
  write(find("count"), String(state.slots.length));
}

/** Move the lines that stand elsewhere than they should; others go around the one that has the focus. */
function putInOrder(bag, lines) {
  const still = lines.find((line) => line.contains(document.activeElement));
  let place = bag.firstElementChild;
  for (const line of lines) {
    while (line === still && place !== line) {
      const passed = place;
      place = place.nextElementSibling;
      bag.append(passed);
    }
    if (line === place) place = place.nextElementSibling;
    else bag.insertBefore(line, place);
  }
}

function newCard(bag) {
  find("nothing")?.remove();
  const line = bag.appendChild(document.createElement("li"));
  line.append(find("good-template").content.cloneNode(true));
  const card = line.querySelector(".good");
  card.querySelector("form").elements.key.value = freshKey();
  return card;
}

function paintPinned(at) {
  const card = find("pinned").querySelector(".good");
  const shown = state.pinned ?? card?.dataset.good ?? state.slots[0]?.id;
  const slot = state.slots.find((each) => each.id === shown);
  if (!slot) return;
  if (card) {
    if (card.dataset.good !== slot.id) hold(card.querySelector("button"));
    return paintGood(card, slot, state, given, at);
  }
  find("pinned").append(find("good-template").content.cloneNode(true));
  find("pinned").querySelector("form").elements.key.value = freshKey();
  paintPinned(at);
}

/** Another product came under the finger: take no tap for a moment, and forget what was said of the last one. */
function hold(button) {
  note("");
  button.dataset.waiting = "yes";
  setTimeout(() => {
    button.dataset.waiting = "no";
    paint();
  }, HOLD_MS);
}

function say(text) {
  write(find("subtitle"), text);
  clearTimeout(subtitle);
  subtitle = setTimeout(() => write(find("subtitle"), ""), SUBTITLE_MS + text.length * SUBTITLE_MS_PER_LETTER);
  stage?.speak(text);
}

function announceDeal(deal) {
  const slot = state.slots.find((each) => each.id === deal.slot);
  if (slot) write(find("announce"), `Deal: ${titleOf(slot)} for ${formatMoney(deal.price)}, ${deal.quota} units.`);
}

function announcePin(id) {
  const slot = state.slots.find((each) => each.id === id);
  if (slot) write(find("announce"), `Now: ${titleOf(slot)}, ${formatMoney(offer(state, slot, serverNow()).price)}.`);
}

function note(text) {
  const box = find("note");
  box.hidden = !text;
  write(box, text);
}

function accepted({ order }, form) {
  note("");
  checkOut(order, form.querySelector("button"));
}

function refused({ code, left, limit, bought, price }, asked) {
  const facts = [];
  if (code === "price_changed" && price) facts.push(`It is ${formatMoney(price)} now.`);
  if (code === "sold_out" && left) facts.push(`${left} left.`);
  if (code === "limit_reached" && limit) facts.push(`The limit is ${limit}; you have ${bought}.`);
  note([refusals[code] ?? refusals.invalid, ...facts].join(" "));
  find("note").focus();
  if (code !== "price_changed" || !price) return;
  state = repriced(state, asked, price);
  paint();
}

function delayed() {
  note("The connection broke. Your purchase is asked for again, once, as soon as it is back.");
}

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-buy]") && buying.take(event.target)) event.preventDefault();
});

const video = find("video");
if (video) {
  play(video, given.source, (text) => write(find("video-note"), text));
  find("sound").addEventListener("click", () => (video.muted = !video.muted));
  video.addEventListener("volumechange", () => write(find("sound"), `Turn the sound ${video.muted ? "on" : "off"}`));
}
renewOnReturn();
paint();
setInterval(paint, 1_000);
socket.connect();
