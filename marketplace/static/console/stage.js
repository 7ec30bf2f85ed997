// The parts of the page that the server draws: read again after a fact and put in their place, forms untouched.

import { keepKeys } from "./once.js";

const GATHER_MS = 120;
const LATER_MS = 1000;

export class Stage {
  constructor(root, address) {
    this.root = root;
    this.address = address;
    this.timer = 0;
    this.busy = false;
    this.again = false;
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), GATHER_MS);
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), LATER_MS);
  }

  async refresh() {
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    try {
      const answer = await fetch(this.address, { credentials: "same-origin" });
      if (answer.ok && !answer.redirected) this.put(await answer.text());
    } catch {
      // away for a moment: the next fact, or the next round, reads it
    } finally {
      this.busy = false;
      if (this.again) {
        this.again = false;
        this.soon();
      }
    }
  }

  put(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    this.putRows(fresh);
    for (const part of fresh.querySelectorAll("[data-live]")) {
      const here = this.root.querySelector(`[data-live="${part.dataset.live}"]`);
      if (!here || sameMarkup(here, part)) continue;
      if (here.querySelector("[data-armed], .con-held")) this.later(); // somebody is about to end the show with it
      else swap(here, part);
    }
  }

  // When rows came or moved, or can do something else than before, the list is new; open forms stay open.
  putRows(fresh) {
    const here = this.root.querySelector("#lineup");
    const there = fresh.querySelector("#lineup");
    if (!here || !there || shape(here) === shape(there)) return;
    const kept = new Map([...here.querySelectorAll("details[open]")].map((each) => [each.dataset.keep, values(each)]));
    swap(here.querySelector(".con-rows"), there.querySelector(".con-rows"));
    const head = there.querySelector(".con-card-head");
    for (const more of here.querySelectorAll(":scope > details")) more.remove();
    for (const more of there.querySelectorAll(":scope > details")) here.append(document.importNode(more, true));
    if (!head) return;
    for (const [name, typed] of kept) {
      const details = here.querySelector(`details[data-keep="${name}"]`);
      if (!details) continue;
      details.open = true;
      for (const [field, value] of typed) {
        const input = details.querySelector(`[name="${field}"]`);
        if (input && field !== "csrfmiddlewaretoken") input.value = value;
      }
    }
  }
}

function shape(lineup) {
  const forms = lineup.querySelectorAll("details[data-keep]");
  return lineup.querySelector(".con-rows").dataset.rows + [...forms].map((each) => each.dataset.keep).join();
}

function values(details) {
  return [...details.querySelectorAll("input, select")].map((each) => [each.name, each.value]);
}

// Tokens and keys differ in every answer and say nothing; what the script writes by the second is not compared either.
function sameMarkup(one, other) {
  return bare(one) === bare(other);
}

function bare(element) {
  const copy = element.cloneNode(true);
  for (const token of copy.querySelectorAll('[name="csrfmiddlewaretoken"], [name="key"]')) token.remove();
  const written = "[data-since], [data-until], [data-viewers], [data-lag], [data-beat], [data-error], [data-hold-label]";
  for (const each of copy.querySelectorAll(written)) each.textContent = "";
  for (const each of copy.querySelectorAll("[data-beat-state]")) each.dataset.beatState = "";
  for (const each of copy.querySelectorAll("[disabled], [style]")) each.removeAttribute("style");
  return copy.innerHTML.replace(/\s+/g, " ") + JSON.stringify({ ...copy.dataset });
}

// Puts a fresh part in; typed text and the keyboard's place stay where they are.
function swap(here, part) {
  const focused = here.contains(document.activeElement) ? document.activeElement : null;
  const place = focused && [...here.querySelectorAll("button, input, a, summary")].indexOf(focused);
  const typed = new Map([...here.querySelectorAll("input[id]")].map((each) => [each.id, each.value]));
  const fresh = document.importNode(part, true);
  keepKeys(here, fresh);
  here.replaceWith(fresh);
  for (const [id, value] of typed) {
    const input = fresh.querySelector(`#${id}`);
    if (input) input.value = value;
  }
  if (focused) fresh.querySelectorAll("button, input, a, summary")[place]?.focus();
}
