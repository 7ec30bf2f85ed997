// The replay: a clock over the fact log. Any moment is the facts up to it.

import { formatLeft } from "./js/countdown.js";
import { renewOnReturn } from "./buying.js";
import { apply, empty } from "./room-state.js";
import { paintStage, write } from "./room-view.js";
import { Stage } from "./stage.js";

const clock = (seconds) => formatLeft(seconds * 1000);
const find = (name) => document.querySelector(`[data-${name}]`);
const { session, facts, pictures } = JSON.parse(document.getElementById("replay-data").textContent);
const began = Date.parse(session.started_at);
const length = Math.max(1, Math.ceil((Date.parse(session.ended_at) - began) / 1000));
const EVERY = 200; // a state is kept after so many facts, so that a jump replays few
const TICK_MS = 250;

const kept = [{ index: 0, state: empty({ ...session, state: "scheduled" }) }];
let seconds = 0;
let timer = null;
let spoken = null;
const stage = new Stage(find("stage"), session.streamer.id);
const bar = find("time");
bar.max = String(length);

/** Return the state at a moment of the show. */
function stateAt(moment) {
  const until = countUntil(moment);
  let { index, state } = kept[Math.min(Math.floor(until / EVERY), kept.length - 1)];
  for (; index < until; index++) {
    if (index && index % EVERY === 0 && kept.length === index / EVERY) kept.push({ index, state });
    state = apply(state, facts[index]);
  }
  return state;
}

function countUntil(moment) {
  let [low, high] = [0, facts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Date.parse(facts[middle].at) <= moment) low = middle + 1;
    else high = middle;
  }
  return low;
}

function paint() {
  const moment = began + seconds * 1000;
  const state = stateAt(moment);
  paintStage(stage, state, pictures, moment);
  const caption = state.caption && moment - Date.parse(state.caption.at) < 12_000 ? state.caption : null;
  write(find("subtitle"), caption?.text ?? "");
  if (caption && caption.seq !== spoken && timer) stage.speak(caption.text);
  spoken = caption?.seq ?? spoken;
  bar.value = String(Math.floor(seconds));
  bar.setAttribute("aria-valuetext", `${clock(seconds)} of ${clock(length)}`);
  write(find("clock"), `${clock(Math.floor(seconds))} / ${clock(length)}`);
  paintChapters();
  for (const mark of document.querySelectorAll('[data-mark="pinned"]')) {
    mark.hidden = mark.closest("[data-good]").dataset.good !== state.pinned;
  }
}

function paintChapters() {
  const links = [...document.querySelectorAll("[data-seconds]")];
  const current = links.filter((link) => Number(link.dataset.seconds) <= seconds).at(-1);
  for (const link of links) link.toggleAttribute("aria-current", link === current);
}

function go(to) {
  seconds = Math.min(Math.max(0, to), length);
  paint();
}

function playing(on) {
  clearInterval(timer);
  timer = on ? setInterval(tick, TICK_MS) : null;
  find("play").setAttribute("aria-pressed", String(on));
  write(find("play"), on ? "Pause" : "Play");
}

function tick() {
  go(seconds + TICK_MS / 1000);
  if (seconds >= length) playing(false);
}

/** Go where the address points: #t=seconds, or ?seq=the number of a fact. */
function follow() {
  const time = /^#t=(\d+)$/.exec(location.hash);
  const seq = Number(new URLSearchParams(location.search).get("seq"));
  const fact = facts.find((each) => each.seq >= seq);
  if (time) go(Number(time[1]));
  else if (seq && fact) go((Date.parse(fact.at) - began) / 1000);
  else go(0);
}

find("play").addEventListener("click", () => {
  if (seconds >= length) seconds = 0;
  playing(!timer);
});
bar.addEventListener("input", () => go(Number(bar.value)));
addEventListener("hashchange", follow);
renewOnReturn();
follow();
