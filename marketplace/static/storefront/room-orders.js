// What becomes of purchases made in a room: the checkout over the show, and news of orders.

import { Sheet } from "./js/sheet.js";
import { toast } from "./js/toast.js";

const NEWS = {
  paid: ["Your order is paid.", "success"],
  shipped: ["An order of yours was shipped.", "success"],
  delivered: ["An order of yours was delivered.", "success"],
  expired: ["The time to pay for an order is over. Its units went back on sale.", "error"],
  cancelled: ["An order of yours was cancelled.", "info"],
  refunded: ["An order of yours was refunded.", "success"],
};

let sheet = null;
let shown = null;

/** Show the checkout of an order that was just made; focus goes back to `opener` in the end. */
export function checkOut(order, opener) {
  if (sheet?.isOpen) return toast("One more order is held for you: pay for it under My orders.", "success");
  shown = order;
  const own = new Sheet(`/orders/${order}/checkout`, { title: "Checkout", opener });
  own.dialog.addEventListener("close", () => {
    if (own.isHeld && !own.isWaiting) toast("The order is held for you: pay for it under My orders.");
  });
  sheet = own;
}

/** Tell what happened to an order of this person: in its open sheet, else in passing. */
export function tellOrder({ order, state }) {
  if (sheet?.isOpen && order === shown) {
    if (state !== "pending_payment" || sheet.isWaiting) sheet.refresh(); // else somebody may be typing
  } else if (NEWS[state]) toast(...NEWS[state]);
}
