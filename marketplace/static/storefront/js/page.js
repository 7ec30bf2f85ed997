// What every page does.

import { startCountdowns } from "./countdown.js";
import { watchOrder } from "./order.js";

watchOrder(document, () => location.reload());
startCountdowns();

for (const element of document.querySelectorAll("time[data-local]")) {
  const moment = new Date(element.dateTime);
  element.textContent = moment.toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
}
