// The room page: keeps what the server rendered up to date, and makes it quick.

import { Buying, freshKey } from "./buying.js";
import { RoomSocket } from "./room-socket.js";
import { apply, fromSnapshot, offer, resumePoint } from "./room-state.js";
import { clock, money, paintGood, paintStage, titleOf, write } from "./room-view.js";
import { Stage } from "./stage.js";
import { play } from "./video.js";

const find = (name) => document.querySelector(`[data-${name}]`);
const given = JSON.parse(document.getElementById("room-data").textContent);
const { pictures, refusals } = given;
const ENDS = {
  banned: "You have been removed from this room.",
  gone: "This room is no longer there.",
  sign_in: "Please sign in again and reload the page.",
  broken: "The live connection is off. Reload the page to go on; buying works without it.",
};
const LIKES_MS = 600;
const HOLD_MS = 700;
const SUBTITLE_MS = 4_000;

let state = fromSnapshot(given.snapshot);
let skew = Date.parse(given.snapshot.server_time) - Date.now();
let likes = 0;
let subtitle = null;
const now = () => Date.now() + skew;
const canvas = find("stage");
const stage = canvas && new Stage(canvas, state.session.streamer.id);

const socket = new RoomSocket({
  session: state.session.id,
  since: () => resumePoint(state),
  onMessage: hear,
  onStatus: (status, reason) => {
    const badge = find("connection");
    badge.hidden = status === "open" || status === "idle";
    write(badge, status === "closed" ? (ENDS[reason] ?? "") : "Reconnecting…");
    if (status === "open") buying.again();
    if (status === "closed") buying.byForm();
  },
});

const buying = new Buying({ socket, signedIn: Boolean(given.user), accepted, refused, repaint: paint });

function hear(message) {
  if (message.type === "room.snapshot" || message.type === "resync") {
    skew = Date.parse(message.data.server_time) - Date.now();
  }
  const before = state;
  state = apply(state, message);
  if (message.type === "host.said" && state !== before) say(message.data.text);
  if (message.type === "room.pulse" && message.data.likes && stage) stage.like(message.data.likes);
  if (message.type === "deal.opened" && state !== before) announceDeal(message.data.deal);
  if (message.type === "slot.pinned" && state !== before) announcePin(message.data.slot);
  if (message.type === "session.paused" || message.type === "session.ended") write(find("subtitle"), "");
  if (message.type === "chat.muted") write(find("chat-note"), "You are muted and may write again later.");
  if (message.type === "chat.unmuted") write(find("chat-note"), "You may write again.");
  if (state !== before) paint();
}

function paint() {
  const at = now();
  document.querySelector("[data-room]").dataset.state = state.session.state;
  write(find("live"), state.session.state === "live" ? "Live" : state.session.state);
  write(find("viewers"), `${state.viewers} watching`);
  write(find("likes"), String(state.likes));
  paintCurtain(at);
  paintBag(at);
  paintPinned(at);
  paintStage(stage, state, pictures, at);
  paintChat();
}

function paintCurtain(at) {
  const where = state.session.state;
  const curtain = find("curtain");
  curtain.hidden = where === "live" || where === "rehearsal";
  const titles = { paused: "A short break", ended: "The show is over", cancelled: "This show was called off" };
  write(find("curtain-title"), titles[where] ?? "The show begins soon");
  const begins = Date.parse(state.session.scheduled_at);
  find("replay-link").hidden = where !== "ended";
  const waiting = where === "scheduled" && begins > at;
  write(find("curtain-text"), waiting ? `in ${clock((begins - at) / 1000)}` : "");
}

function paintBag(at) {
  const bag = find("bag");
  for (const slot of state.slots) {
    let card = bag.querySelector(`[data-good="${slot.id}"]`);
    if (!card) card = newCard(bag);
    paintGood(card, slot, state, given, at);
  }
  write(find("count"), String(state.slots.length));
}

function newCard(bag) {
  bag.querySelector(".nothing")?.remove();
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

function paintChat() {
  const list = find("chats");
  const follow = list.scrollTop + list.clientHeight >= list.scrollHeight - 40;
  const wanted = new Set(state.chats.map((chat) => chat.id));
  for (const line of [...list.children]) if (!wanted.has(line.dataset.chat)) line.remove();
  for (const chat of state.chats) {
    if (list.querySelector(`[data-chat="${chat.id}"]`)) continue;
    const line = document.createElement("li");
    line.dataset.chat = chat.id;
    line.className = `by-${chat.author.role}`;
    const name = document.createElement("b");
    name.textContent = chat.author.name;
    line.append(name, ` ${chat.text}`);
    list.append(line);
  }
  if (follow) list.scrollTop = list.scrollHeight;
  const above = find("chat-pinned");
  above.hidden = !state.pinnedChat;
  write(above, state.pinnedChat ? `${state.pinnedChat.author.name}: ${state.pinnedChat.text}` : "");
}

function say(text) {
  write(find("subtitle"), text);
  clearTimeout(subtitle);
  subtitle = setTimeout(() => write(find("subtitle"), ""), SUBTITLE_MS + text.length * 60);
  stage?.speak(text);
}

function announceDeal(deal) {
  const slot = state.slots.find((each) => each.id === deal.slot);
  if (slot) write(find("announce"), `Deal: ${titleOf(slot)} for ${money(deal.price)}, ${deal.quota} units.`);
}

function announcePin(id) {
  const slot = state.slots.find((each) => each.id === id);
  if (slot) write(find("announce"), `Now: ${titleOf(slot)}, ${money(offer(state, slot, now()).price)}.`);
}

function note(text) {
  const box = find("note");
  box.hidden = !text;
  write(box, text);
  if (text) box.focus({ preventScroll: false });
}

function accepted({ order, amount, currency, pay_by: payBy }) {
  note("");
  const minutes = Math.max(1, Math.round((Date.parse(payBy) - now()) / 60_000));
  write(find("sheet-text"), `${money({ amount, currency })}, kept for you. Pay within ${minutes} minutes.`);
  find("sheet-pay").href = `/orders/${order}/checkout`;
  find("sheet").showModal();
}

function refused({ code, left, limit, bought, price }, form) {
  const facts = [];
  if (code === "price_changed" && price) facts.push(`It is ${money(price)} now.`);
  if (code === "sold_out" && left) facts.push(`${left} left.`);
  if (code === "limit_reached" && limit) facts.push(`The limit is ${limit}; you have ${bought}.`);
  note([refusals[code] ?? refusals.invalid, ...facts].join(" "));
  if (code === "price_changed" && price) form.elements.amount.value = price.amount;
}

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-buy]") && buying.take(event.target)) event.preventDefault();
});

find("say").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = event.target.elements.text;
  const text = field.value.trim();
  if (!text) return;
  const answer = await socket.ask("chat.send", { text }).catch(() => null);
  if (answer?.type === "chat.accepted") field.value = "";
  const wrong = answer ? answer.data.message : "Not connected just now; your text is kept.";
  const wait = answer?.data.retry_after ? ` Wait ${answer.data.retry_after} s.` : "";
  write(find("chat-note"), answer?.type === "chat.accepted" ? "" : wrong + wait);
});

function sendLikes() {
  socket.say("like", { count: Math.min(likes, 100) });
  likes = 0;
}

find("like").addEventListener("click", () => {
  if (!likes) setTimeout(sendLikes, LIKES_MS);
  likes += 1;
  stage?.like(1);
});

find("sheet-close").addEventListener("click", () => find("sheet").close());
if (find("video")) {
  play(find("video"), given.source, (text) => {
    find("video-note").hidden = false;
    write(find("video-note"), text);
  });
}
find("chats").scrollTop = find("chats").scrollHeight;
paint();
setInterval(paint, 1_000);
socket.connect();
