// One tap on Buy: over the socket when that is possible, by the form when it is not.

import { Lost } from "./room-socket.js";

/** Return the idempotency key of a purchase that has not been asked for yet. */
export function freshKey() {
  const random = crypto.getRandomValues(new Uint32Array(4));
  return `page-${[...random].map((part) => part.toString(16).padStart(8, "0")).join("")}`;
}

/** Have forms on a page that the browser's Back brings back as it was left ask for purchases of their own. */
export function renewOnReturn() {
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll("[data-buy]")) form.elements.key.value = freshKey();
  });
}

/**
 * Buys what a form says.
 * `accepted(data, form)` and `refused(data, asked)` show the answer, `delayed()` that it comes after the
 * connection has come back, `repaint()` the buttons that wait for one.
 */
export class Buying {
  constructor({ socket, signedIn, accepted, refused, delayed, repaint }) {
    Object.assign(this, { socket, signedIn, accepted, refused, delayed, repaint });
    this.unanswered = new Map();
  }

  /** Take a submitted form; false leaves it to the browser. */
  take(form) {
    if (form.querySelector("button").ariaDisabled === "true") return true;
    if (!this.signedIn || !this.socket.isOpen) return false;
    const field = form.elements;
    const data = {
      slot: field.slot.value,
      quantity: Number(field.quantity.value),
      price: { amount: Number(field.amount.value), currency: field.currency.value },
      key: field.key.value,
    };
    if (field.deal.value) data.deal = field.deal.value;
    field.key.value = freshKey(); // the form may show another product before the answer is here
    this.unanswered.set(data, form);
    this.wait(form, true);
    this.send(data, true);
    return true;
  }

  /** The connection is back: ask again for what was never answered, under the same keys. */
  again() {
    for (const data of this.unanswered.keys()) this.send(data, true);
  }

  /** The connection will not come back: have the browser send what was never answered, under its key. */
  byForm() {
    for (const [data, form] of this.unanswered) {
      const field = form.elements;
      field.slot.value = data.slot;
      field.deal.value = data.deal ?? "";
      field.quantity.value = data.quantity;
      field.amount.value = data.price.amount;
      field.currency.value = data.price.currency;
      field.key.value = data.key;
      form.submit();
      return;
    }
  }

  async send(data, mayRetry) {
    if (!this.unanswered.has(data)) return; // answered over another connection meanwhile
    let answer;
    try {
      answer = await this.socket.ask("buy", data);
    } catch (error) {
      if (error instanceof Lost) return this.delayed(); // asked again when the connection is back
      throw error;
    }
    const form = this.unanswered.get(data);
    if (!form) return;
    if (answer.data.code === "busy" && mayRetry) {
      setTimeout(() => this.send(data, false), 1000 * (answer.data.retry_after ?? 1));
      return;
    }
    this.unanswered.delete(data);
    this.wait(form, false);
    if (answer.type === "buy.accepted") this.accepted(answer.data, form);
    else this.refused(answer.data, data);
  }

  wait(form, waiting) {
    form.querySelector("button").dataset.waiting = waiting ? "yes" : "no";
    this.repaint();
  }
}
