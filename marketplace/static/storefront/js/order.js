// Watches an order that waits: for its payment to be decided, or for its time to pay to run out.

import { get } from "./api.js";

const EVERY_MS = 1_500;
const SETTLE_MS = 700; // a moment after the deadline, so that the marketplace's clock has passed it too
const UNDECIDED = ["created", "processing"];

/** Call `changed()` once when what `root` shows of an order is no longer so. */
export function watchOrder(root, changed) {
  watchDeadline(root, changed);
  const element = root.querySelector("[data-watch-payment]");
  if (!element) return;
  const look = async () => {
    if (!element.isConnected) return;
    try {
      const { state } = await get(`payments/${element.dataset.watchPayment}`);
      if (!UNDECIDED.includes(state)) return changed();
    } catch (error) {
      if (error.status === 404 || error.status === 401) return;
    }
    setTimeout(look, EVERY_MS);
  };
  setTimeout(look, EVERY_MS);
}

function watchDeadline(root, changed) {
  for (const deadline of root.querySelectorAll("[data-pay-by]")) {
    const over = () => setTimeout(() => deadline.isConnected && changed(), SETTLE_MS);
    deadline.addEventListener("countdown:done", over, { once: true });
  }
}
