// What a room's page knows of its products beside the state: pictures and refund rates. The page is read again
// for a product that came after it.

const GATHER_MS = 400;
// everybody in a room hears of a product at once; they ask one after another
const MS_PER_VIEWER = 20;
const MOST_SPREAD_MS = 120_000;

/** Keeps `data`, what the page was given, complete; `changed()` is called when there is more in it. */
export class Known {
  constructor(data, changed) {
    Object.assign(this, { data, changed });
    this.asked = new Set(Object.keys(data.rates));
    this.timer = null;
  }

  /** Ask once for all products of a state that are new; what cannot be had is asked for with the next one. */
  look({ slots, viewers }) {
    const count = this.asked.size;
    for (const slot of slots) this.asked.add(slot.product.id);
    if (this.asked.size === count) return;
    const spread = Math.min(viewers * MS_PER_VIEWER, MOST_SPREAD_MS);
    this.timer ??= setTimeout(() => this.read(), GATHER_MS + Math.random() * spread);
  }

  async read() {
    this.timer = null;
    try {
      const answer = await fetch(location.pathname, { credentials: "same-origin" });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const { pictures, rates } = JSON.parse(page.getElementById("room-data").textContent);
      Object.assign(this.data.pictures, pictures);
      Object.assign(this.data.rates, rates);
      this.changed();
    } catch {
      // away for a moment: the card is whole enough to buy from
    }
  }
}
