// Watches an order whose payment is being worked on: by the API, until it is decided.

import { get } from "./api.js";

const EVERY = 1500;

export function watchOrder(root, changed) {
  const element = root.querySelector("[data-watch-order]");
  if (!element) return;
  const { watchOrder: id, watchPayment: payment } = element.dataset;
  const look = async () => {
    if (!element.isConnected) return;
    try {
      const found = await get(`payments/${payment}`);
      if (!["created", "processing"].includes(found.state)) {
        document.dispatchEvent(new CustomEvent("order:decided", { detail: { order: id, payment: found } }));
        changed();
        return;
      }
    } catch (error) {
      if (error.status === 404 || error.status === 401) return;
    }
    setTimeout(look, EVERY);
  };
  setTimeout(look, EVERY);
}
