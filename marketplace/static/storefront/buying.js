// One tap on Buy: over the socket when that is possible, by the form when it is not.

import { Lost } from "./room-socket.js";

/** Buys what a form says. `socket` may be closed; `tell(text)`, `accepted(data)` and `refused(data, form)` show it. */
export class Buying {
  constructor({ socket, signedIn, accepted, refused, repaint }) {
    Object.assign(this, { socket, signedIn, accepted, refused, repaint });
    this.unanswered = new Map();
  }

  /** Take a submitted form; false leaves it to the browser. */
  take(form) {
    if (!this.signedIn || !this.socket.isOpen) return false;
    const field = form.elements;
    const data = {
      slot: field.slot.value,
      quantity: Number(field.quantity.value),
      price: { amount: Number(field.amount.value), currency: field.currency.value },
      key: field.key.value,
    };
    if (field.deal.value) data.deal = field.deal.value;
    this.wait(form, true);
    this.send(form, data, true);
    return true;
  }

  /** The connection is back: ask again for what was never answered, under the same keys. */
  again() {
    for (const [form, data] of [...this.unanswered]) this.send(form, data, true);
  }

  async send(form, data, mayRetry) {
    this.unanswered.set(form, data);
    try {
      const answer = await this.socket.ask("buy", data);
      this.unanswered.delete(form);
      if (answer.type === "buy.accepted") this.done(form, () => this.accepted(answer.data));
      else if (answer.data.code === "busy" && mayRetry) {
        setTimeout(() => this.send(form, data, false), 1000 * (answer.data.retry_after ?? 1));
      } else this.done(form, () => this.refused(answer.data, form));
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
    }
  }

  done(form, show) {
    form.elements.key.value = `page-${crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`}`;
    this.wait(form, false);
    show();
  }

  wait(form, waiting) {
    form.querySelector("button").dataset.waiting = waiting ? "yes" : "no";
    this.repaint();
  }
}
